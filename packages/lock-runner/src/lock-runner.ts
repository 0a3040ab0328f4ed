/**
 * One central way to guard a change: `run(scope, options, work)` waits for the lock, runs `work` with the proof that it
 * is held, and gives it back when `work` settles, whatever happens.
 *
 * A deadline never gives the lock back early: while `work` runs, nobody else gets in. A wait costs no CPU to speak of, is
 * served in order, and can be cancelled at any point without leaving a lock, child or descriptor behind.
 *
 * Several scopes are locked in sorted order, so two callers cannot wait for each other. Locking a scope that the same
 * chain of calls already holds is an error, not a hang; scopes locked one inside the other by hand have to follow one
 * order everywhere: two chains of calls that wait for each other in this process are an error that names both places,
 * two processes that do are ended by their limits.
 */
import {
  type Clock,
  type Held,
  HoldfastError,
  isHoldfastError,
  type LockGuarantee,
  type LockMode,
  type LockObserver,
  type LockParty,
  type LockReport,
  partyName,
  systemClock,
  unmetGuarantees,
} from '@holdfast/base';
import { asHolder, placeOfCaller, refuseReentry } from './call-chain.ts';
import { chooseBackend, type LockBackendChoice } from './choose-backend.ts';
import type { Grant, LockBackend, LockRequest } from './lock-backend.ts';
import { LockEvents } from './lock-events.ts';
import { LockHold } from './lock-hold.ts';
import { lockFileName } from './lock-name.ts';
import { WaitNotice } from './wait-notice.ts';

export interface LockRunnerOptions {
  /** Where lock files live; created 0700 when missing. Not used by the process backend. */
  readonly directory: string;
  /** Default 'auto'. */
  readonly backend?: LockBackendChoice;
  readonly observer?: LockObserver;
  readonly clock?: Clock;
}

export interface LockOptions {
  /** How long to wait, in milliseconds: 0 tries once, `Infinity` has no limit. Default 30 000. */
  readonly waitMs?: number;
  /** Default 'exclusive'. */
  readonly mode?: LockMode;
  /** Background work lets interactive work pass, ten times at the most. Default 'interactive'. */
  readonly priority?: 'interactive' | 'background';
  /** Cancels the wait; its reason becomes the cause of CANCELLED unless it is a HoldfastError. */
  readonly signal?: AbortSignal;
  /** What the holder does, for `who` and for the messages of those who wait. */
  readonly purpose?: string;
  /** Aborts `held.signal` when the hold lasts longer, in milliseconds. The lock stays held until the work settles. */
  readonly holdDeadlineMs?: number;
  /** The work takes less time than waking a process: who finds the lock taken tries again for a moment, then queues. */
  readonly isBrief?: boolean;
  /** Refuses a backend that promises less. */
  readonly require?: Partial<LockGuarantee>;
}

const defaultWaitMs = 30_000;

/** A lock that is sought. */
interface Seeking {
  readonly request: LockRequest;
  readonly options: LockOptions;
  readonly notice: WaitNotice;
}

export class LockRunner {
  readonly #backend: LockBackend;
  readonly #events: LockEvents;
  readonly #clock: Clock;

  constructor(options: LockRunnerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#events = new LockEvents(options.observer ?? {});
    this.#backend = chooseBackend(options.backend ?? 'auto', {
      directory: options.directory,
      clock: this.#clock,
      events: this.#events,
    });
  }

  /**
   * Runs `work` while `scope` is locked and gives back its result.
   *
   * @throws HoldfastError LOCK_BUSY - not granted within the limit; the details name the holder
   * @throws HoldfastError CANCELLED - the signal aborted while waiting
   * @throws HoldfastError LOCK_REENTRANT - this chain of calls holds the scope already
   * @throws HoldfastError LOCK_CYCLE - the holder waits for what this chain of calls holds
   * @throws HoldfastError LOCK_UNSUPPORTED - the backend gives no such lock here
   */
  async run<Result>(
    scope: string,
    options: LockOptions,
    work: (held: Held) => Result | Promise<Result>,
  ): Promise<Result>;
  /** The same for several scopes: `work` gets their holds in the order of `scopes`. */
  async run<Result>(
    scopes: readonly string[],
    options: LockOptions,
    work: (held: readonly Held[]) => Result | Promise<Result>,
  ): Promise<Result>;
  async run<Result>(
    scopes: string | readonly string[],
    options: LockOptions,
    work: (held: never) => Result | Promise<Result>,
  ): Promise<Result> {
    if (typeof scopes !== 'string')
      return this.#runAll(scopes, options, work as (held: readonly Held[]) => Result);
    const sought = this.#seek(scopes, options);
    const place = placeOfCaller();
    const hold = await sought;
    try {
      const key = this.#backend.keyOf(scopes);
      return await asHolder({ key, hold, place }, work as (held: Held) => Result | Promise<Result>);
    } finally {
      const given = hold.giveBack();
      if (given !== undefined) await given;
    }
  }

  /**
   * Locks `scope` until `release()` or the end of an `await using`. Prefer `run`, which cannot be forgotten and whose
   * holds are known to the check for re-entry.
   *
   * @throws as `run`
   */
  async acquire(scope: string, options: LockOptions = {}): Promise<Held> {
    return this.#seek(scope, options);
  }

  /** Who holds the scope and who waits for it, as far as the backend can tell. Takes no lock. */
  async who(scope: string): Promise<LockReport> {
    lockFileName(scope); // refuses what no backend could name
    return this.#backend.who(scope);
  }

  /** What this runner's locks promise. */
  get guarantee(): LockGuarantee {
    return this.#backend.guarantee;
  }

  /** Name of the backend in use. */
  get backend(): string {
    return this.#backend.name;
  }

  /** Ends what the backend keeps open, such as its connection to a server. Holds that are left are lost. */
  async close(): Promise<void> {
    await this.#backend.close?.();
  }

  async #runAll<Result>(
    scopes: readonly string[],
    options: LockOptions,
    work: (held: readonly Held[]) => Result | Promise<Result>,
  ): Promise<Result> {
    if (scopes.length === 0) throw new HoldfastError('SCOPE_INVALID', 'a list of no scopes locks nothing');
    requireDuration('waitMs', options.waitMs);
    const byScope = new Map<string, Held>();
    const deadlineMs = this.#clock.monotonicMs() + (options.waitMs ?? defaultWaitMs);
    const lockRest = async (rest: readonly string[]): Promise<Result> => {
      const [scope, ...others] = rest;
      if (scope === undefined) return work(scopes.flatMap((name) => byScope.get(name) ?? []));
      const waitMs = Math.max(0, deadlineMs - this.#clock.monotonicMs());
      return this.run(scope, { ...options, waitMs }, (held) => {
        byScope.set(scope, held);
        return lockRest(others);
      });
    };
    return lockRest([...new Set(scopes)].sort());
  }

  /** At once where the backend grants without waiting. */
  #seek(scope: string, options: LockOptions): LockHold | Promise<LockHold> {
    const { waitMs = defaultWaitMs, mode = 'exclusive', priority = 'interactive' } = options;
    const { isBrief = false, signal, purpose } = options;
    lockFileName(scope); // refuses what no backend could name
    requireDuration('waitMs', waitMs);
    requireDuration('holdDeadlineMs', options.holdDeadlineMs);
    requireText('purpose', purpose);
    const backend = this.#backend;
    refuseReentry(backend.keyOf(scope), scope);
    this.#requireSupport(scope, mode, options.require);
    const notice = new WaitNotice({ scope, backend, waitMs, clock: this.#clock, events: this.#events });
    const request = { scope, mode, priority, purpose, waitMs, isBrief, signal, onBlocked: notice.begin };
    const answer = this.#ask(request);
    if (answer instanceof Promise) return this.#await(answer, { request, options, notice });
    return this.#holdOf(answer, { request, options, notice });
  }

  /** What is not a grant at once is waited for, a refusal too. */
  #ask(request: LockRequest): Grant | Promise<Grant | undefined> {
    try {
      return this.#backend.acquire(request) ?? Promise.resolve(undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #await(answer: Promise<Grant | undefined>, seeking: Seeking): Promise<LockHold> {
    const { request, notice } = seeking;
    const { scope, signal } = request;
    let grant: Grant | undefined;
    try {
      grant = await answer;
    } catch (error) {
      this.#cancelled(scope, notice.elapsedMs, signal, error);
    } finally {
      notice.end();
    }
    if (grant === undefined) throw await this.#busy(scope, request.waitMs, notice.elapsedMs);
    if (signal?.aborted === true) {
      await grant.release(); // aborted at the very moment of the grant: nobody expects the work to begin
      this.#cancelled(scope, notice.elapsedMs, signal, signal.reason);
    }
    return this.#holdOf(grant, seeking);
  }

  #holdOf(grant: Grant, { request, options, notice }: Seeking): LockHold {
    const { scope, mode, waitMs } = request;
    const backend = this.#backend;
    const waitedMs = notice.elapsedMs;
    if (this.#events.isHeard('acquired')) {
      this.#events.tell('acquired', { scope, backend: backend.name, waitedMs });
    }
    return new LockHold({
      scope,
      mode,
      backend,
      waitedMs,
      budgetMs: Math.max(0, waitMs - waitedMs),
      holdDeadlineMs: options.holdDeadlineMs,
      grant,
      clock: this.#clock,
      events: this.#events,
    });
  }

  #requireSupport(scope: string, mode: LockMode, required: Partial<LockGuarantee> | undefined): void {
    const { name, modes } = this.#backend;
    if (!modes.includes(mode)) {
      throw new HoldfastError('LOCK_UNSUPPORTED', `the ${name} backend gives no ${mode} locks`, {
        details: { scope, mode, modes },
      });
    }
    const unmet = required === undefined ? [] : unmetGuarantees(this.#backend.guarantee, required);
    if (unmet.length === 0) return;
    throw new HoldfastError('LOCK_UNSUPPORTED', `the ${name} backend does not give ${unmet.join(', ')}`, {
      details: { scope, unmet, guarantee: this.#backend.guarantee },
    });
  }

  async #busy(scope: string, waitMs: number, waitedMs: number): Promise<HoldfastError> {
    const holder = await this.#holderOf(scope);
    this.#events.tell('gaveUp', { scope, outcome: 'timeout', waitedMs });
    const since = holder?.sinceMs === undefined ? '' : ` for ${Math.round(holder.sinceMs)} ms`;
    const who = holder === undefined ? 'somebody' : partyName(holder);
    return new HoldfastError('LOCK_BUSY', `${scope} is held by ${who}${since}`, {
      details: { scope, waitMs, waitedMs, ...(holder === undefined ? {} : { holder }) },
    });
  }

  /** Nobody, when a server that cannot be asked is all that knows: the wait has ended all the same. */
  async #holderOf(scope: string): Promise<LockParty | undefined> {
    try {
      return (await this.#backend.who(scope)).holder;
    } catch (error) {
      if (isHoldfastError(error, 'LOCK_SERVER')) return undefined;
      throw error;
    }
  }

  #cancelled(scope: string, waitedMs: number, signal: AbortSignal | undefined, error: unknown): never {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    this.#events.tell('gaveUp', { scope, outcome: 'cancelled', waitedMs });
    if (isHoldfastError(error)) throw error;
    throw new HoldfastError('CANCELLED', `the wait for ${scope} was cancelled`, {
      cause: error,
      details: { scope, waitedMs },
    });
  }
}

function requireDuration(name: string, ms: number | undefined): void {
  if (ms === undefined || ms >= 0) return;
  throw new HoldfastError('DURATION_INVALID', `${name} is ${ms}, not a number of milliseconds`, {
    details: { name },
  });
}

/** For callers without types: what fails later, fails with the lock held. */
function requireText(name: string, text: string | undefined): void {
  if (text === undefined || typeof text === 'string') return;
  throw new HoldfastError('CONFIG_INVALID', `${name} is a ${typeof text}, not a text`, { details: { name } });
}
