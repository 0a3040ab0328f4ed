/**
 * The stages that an app passes in. The cycle owns their order and what may be known when; a stage owns its own work
 * and nothing else. Everything that changes something asks for the hold.
 */
import type { ActionPlan, TriggerReason, Verdict } from '@holdfast/action-plan';
import type { Held } from '@holdfast/base';

/** What was read from truth, with the newest trigger that the reading includes. */
export interface TruthReading<Desired> {
  readonly desired: Desired;
  /** Newest trigger id inside the same snapshot: what a run that applies this reading covers. */
  readonly covers: number;
}

/** How a run ended: what the last stage makes durable. Checks and dry runs end without one. */
export type RunResult<Desired, Changes> =
  | {
      readonly kind: 'settled';
      readonly outcome: 'applied' | 'unchanged';
      readonly covered: number;
      readonly rolledForward: boolean;
      readonly desired: Desired;
      readonly changes: Changes;
      readonly tookMs: number;
    }
  | { readonly kind: 'failed'; readonly error: unknown; readonly tookMs: number };

/** diff, write and verify: the stages that `converge` repeats until nothing differs. */
export interface EffectStages<Desired, Actual, Changes, Drift> {
  /** An unreadable state is an error, never an empty state. */
  readActual(held: Held, desired: Desired): Promise<Actual>;
  /** Pure. */
  diff(desired: Desired, actual: Actual): Changes;
  isEmpty(changes: Changes): boolean;
  /** The changes as differences that a person can read. */
  drift(changes: Changes): readonly Drift[];
  /** Refuses changes that nobody can have meant; throws. */
  guard(changes: Changes, actual: Actual, desired: Desired): void | Promise<void>;
  /** The durable note that effects have begun, so that the run after a crash knows. */
  readonly intent: {
    isOpen(): Promise<boolean>;
    open(held: Held, covers: number): Promise<void>;
    close(held: Held): Promise<void>;
    /** Closes it for a run that gives way with work left and comes back for it, and may say so. */
    pause?(held: Held): Promise<void>;
  };
  /** All effects, in an order in which no reader sees a partial state. */
  write(changes: Changes, held: Held, desired: Desired): Promise<void>;
  /**
   * The changes in parts, each of them in order by itself: between two of them a run of the background lets others have
   * the lock. Without it everything is one part.
   */
  partsOf?(changes: Changes): Iterable<Changes>;
}

/** The stages that run while the lock is held. */
export interface HeldStages<Desired, Actual, Changes, Drift>
  extends EffectStages<Desired, Actual, Changes, Drift> {
  /** Validated, in one snapshot, after the lock is held. */
  readTruth(held: Held): Promise<TruthReading<Desired>>;
  /**
   * Only what changed since the last run, where it is known that nobody else has written since; undefined wherever that
   * is not certain. Then, and when writing it does not succeed at once, everything is read.
   */
  readNews?(held: Held): Promise<TruthReading<Desired> | undefined>;
  /** What others have to be told now that the state is live, and again by the next run while they did not hear it. */
  tell?(held: Held, desired: Desired): Promise<void>;
  /** Makes the result durable: the covered ticket for those who wait, a record for those who look. */
  report(held: Held, result: RunResult<Desired, Changes>): Promise<void>;
}

/** The stages up to the lock, and the question whether there is anything left to do. A caller that joins needs no others. */
export interface CallerStages<Reason extends TriggerReason, Action> {
  /**
   * Records who asked, durably, before the lock is sought. The id it gives out is the caller's ticket; undefined for a
   * trigger that brings no news (a timer) and so has nothing to be covered.
   */
  trigger(reason: Reason): Promise<number | undefined>;
  /** The pure policy. */
  decide(reason: Reason): Verdict<Action>;
  /** Runs `work` while the plan's scope is locked. */
  lock<Result>(plan: ActionPlan<Reason, Action>, work: (held: Held) => Promise<Result>): Promise<Result>;
  /** Whether a run that ended meanwhile has covered the ticket. */
  isCovered(ticket: number): Promise<boolean>;
}

/**
 * The stages that run while the lock is held, had only when it is and the ticket is not covered: most callers of a storm
 * join, and need not load, open or read what only a run works with.
 */
export interface LaterStages<Desired, Actual, Changes, Drift> {
  held(held: Held): Promise<HeldStages<Desired, Actual, Changes, Drift>>;
}

export type Stages<Reason extends TriggerReason, Action, Desired, Actual, Changes, Drift> = CallerStages<
  Reason,
  Action
> &
  (HeldStages<Desired, Actual, Changes, Drift> | LaterStages<Desired, Actual, Changes, Drift>);
