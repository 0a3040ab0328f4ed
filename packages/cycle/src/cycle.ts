/**
 * The sentence. Every guarded change in this repository is this function with other stages:
 *
 *   trigger → decide → plan → lock → read truth → diff → write → verify → report
 *
 * The trigger is recorded before the lock is sought, and truth is read after it is held, together with the newest
 * trigger id. So whoever gets the lock covers everybody who asked before its reading, and a caller whose ticket is
 * covered when its turn comes has nothing left to do: it joined.
 *
 * A run that finds the intent of a run that died reads everything again and rolls forward; there is nothing to roll back,
 * because what is desired never depends on what was half done.
 */
import { type PlanMode, planOf, type TriggerReason } from '@holdfast/action-plan';
import { type Clock, type Held, HoldfastError, systemClock } from '@holdfast/base';
import { converge } from './converge.ts';
import type { CycleStep } from './cycle-step.ts';
import type { HeldStages, Stages } from './stages.ts';

export interface CycleOptions {
  /** `check` and `dry-run` go the same way and stop before the first effect; they record no trigger. */
  readonly mode: PlanMode;
  /** How long to wait for the lock, in milliseconds; `Infinity` for no limit. */
  readonly waitMs: number;
  readonly priority: 'interactive' | 'background';
  /** Limit of all write retries together, in milliseconds. Default 30 000. */
  readonly retryBudgetMs?: number;
  readonly clock?: Clock;
  /** Called when a step has been reached, before the next begins. Tests stop the world here. */
  readonly onStep?: (step: CycleStep) => void | Promise<void>;
}

export interface CycleReport<Desired, Changes> {
  readonly outcome: 'applied' | 'unchanged' | 'pending' | 'joined' | 'kept';
  /** The recorded trigger, absent for a check, a dry run, and a trigger that needs no ticket. */
  readonly ticket?: number;
  /** Newest trigger that is live now, when this run knows. */
  readonly covered?: number;
  readonly rolledForward: boolean;
  /** What truth wants, when it was read. */
  readonly desired?: Desired;
  /** What differed from it when the lock was taken. */
  readonly changes?: Changes;
  readonly waitedMs: number;
  readonly backend?: string;
}

export async function cycle<Reason extends TriggerReason, Action, Desired, Actual, Changes, Drift>(
  reason: Reason,
  stages: Stages<Reason, Action, Desired, Actual, Changes, Drift>,
  options: CycleOptions,
): Promise<CycleReport<Desired, Changes>> {
  const { mode, waitMs, priority, clock = systemClock } = options;
  const reached = async (step: CycleStep) => options.onStep?.(step);

  const ticket = mode === 'apply' ? await stages.trigger(reason) : undefined;
  const ticketed = ticket === undefined ? {} : { ticket };
  await reached('triggered');
  const verdict = stages.decide(reason);
  await reached('decided');
  if (verdict.kind === 'refuse') throw new HoldfastError('REFUSED', verdict.because);
  const plan = planOf(reason, verdict, { mode, waitMs, priority });
  await reached('planned');
  if (plan === undefined) return { outcome: 'kept', ...ticketed, rolledForward: false, waitedMs: 0 };

  return stages.lock(plan, async (held) => {
    await reached('locked');
    const facts = { ...ticketed, waitedMs: held.waitedMs, backend: held.backend };
    if (ticket !== undefined && (await stages.isCovered(ticket))) {
      return { outcome: 'joined', rolledForward: false, ...facts };
    }
    const startedMs = clock.monotonicMs();
    try {
      return { ...(await runHeld(stages, held, { ...options, clock, startedMs, reached })), ...facts };
    } catch (error) {
      if (mode === 'apply') await reportFailure(stages, held, error, clock.monotonicMs() - startedMs);
      throw error;
    }
  });
}

/** What failed first is what the caller has to know, also when it is the reporting that fails. */
async function reportFailure(
  stages: Pick<HeldStages<never, never, never, never>, 'report'>,
  held: Held,
  error: unknown,
  tookMs: number,
): Promise<void> {
  await stages.report(held, { kind: 'failed', error, tookMs }).catch(() => undefined);
}

interface HeldRun extends CycleOptions {
  readonly clock: Clock;
  readonly startedMs: number;
  readonly reached: (step: CycleStep) => Promise<void>;
}

/** read truth → diff → write → verify → report, with the lock held. */
async function runHeld<Desired, Actual, Changes, Drift>(
  stages: HeldStages<Desired, Actual, Changes, Drift>,
  held: Held,
  { mode, clock, startedMs, reached, retryBudgetMs: budgetMs = 30_000 }: HeldRun,
): Promise<Omit<CycleReport<Desired, Changes>, 'waitedMs'>> {
  const mayWrite = mode === 'apply';
  const rolledForward = mayWrite && (await stages.intent.isOpen());
  const { desired, covers: covered } = await stages.readTruth(held);
  await reached('truth');
  const { changes, outcome } = await converge(stages, {
    desired,
    covers: covered,
    held,
    mayWrite,
    budgetMs,
    clock,
    reached,
  });
  await reached('verified');
  if (mayWrite && outcome !== 'pending') {
    const tookMs = clock.monotonicMs() - startedMs;
    await stages.report(held, { kind: 'settled', outcome, covered, rolledForward, desired, changes, tookMs });
    await reached('reported');
    // Last of all: if we die before, the next run finds an intent to roll forward, which is merely careful.
    if (outcome === 'applied' || rolledForward) await stages.intent.close(held);
  }
  return { outcome, covered, rolledForward, desired, changes };
}
