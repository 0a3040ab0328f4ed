/**
 * Where accounting comes in: straight to truth while that answers, else to the spool, and from there to truth later.
 *
 * While events wait, those that come go behind them: a NAS gets its answer at once from a database that is silent, too, and
 * the order of events stays what it was. An answer says that the event is in truth or on disk, durably.
 */
import { join } from 'node:path';
import { formatDuration, type HoldfastError, isHoldfastError } from '@holdfast/base';
import { Wakeups, type WatchedRun, watch } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { LockRunner } from '@holdfast/lock-runner';
import type { Mapper } from '../mapper.ts';
import { AccountingSpool, type AccountingSpoolOptions, spoolScope } from '../spool/accounting-spool.ts';
import { type Drained, type DrainSpool, drainSpool } from '../spool/drain-spool.ts';
import type { AccountingEvent } from './accounting-event.ts';
import { AccountingTeller } from './accounting-teller.ts';
import { applyEvent, type EventResult } from './apply-event.ts';
import { applyNasRestart } from './apply-nas-restart.ts';
import { type EventFailure, failureOf } from './failure-kind.ts';

/** `applied`: truth has changed. `ignored`: it has not, and need not. `spooled`: it will, the event is on disk. */
export type AccountingOutcome = 'applied' | 'ignored' | 'spooled';

/** How often a spool that nobody told us of is looked for: that of a mapper that was killed. */
const lookEveryMs = 2_000;

/** Where tests stop the world. */
export interface IntakeHooks {
  /** As for `drainSpool`. */
  readonly onCommit?: DrainSpool['onCommit'];
  /** As for `AccountingSpool`. */
  readonly fs?: AccountingSpoolOptions['fs'];
}

export class AccountingIntake {
  readonly spool: AccountingSpool;
  readonly #mapper: Mapper;
  readonly #runner: LockRunner;
  readonly #wakeups = new Wakeups();
  readonly #teller: AccountingTeller;
  readonly #hooks: IntakeHooks;
  /** Why the last drain did not empty the spool. */
  #failure: HoldfastError | undefined;

  constructor(mapper: Mapper, hooks: IntakeHooks = {}) {
    const { stateDirectory, settings, clock } = mapper;
    const { spoolLimit: limit = 100_000, lockBackend: backend } = settings;
    this.#mapper = mapper;
    this.#hooks = hooks;
    this.#teller = new AccountingTeller(mapper);
    this.#runner = new LockRunner({ directory: join(stateDirectory, 'locks'), backend });
    this.spool = new AccountingSpool({
      stateDirectory,
      limit,
      monotonicMs: () => clock.monotonicMs(),
      fs: hooks.fs,
    });
    this.spool.whenKept(() => this.#wakeups.wake('kept'));
  }

  /**
   * Takes one event.
   *
   * @throws HoldfastError SPOOL_FULL, WRITE_FAILED - it is neither in truth nor on disk: its NAS has to keep it
   */
  async take(event: AccountingEvent): Promise<AccountingOutcome> {
    if (this.spool.depth > 0) return await this.#keep(event);
    const answer = await this.#tryNow(event);
    if (answer === 'silent') return await this.#keep(event);
    if (answer.kind === 'later') return await this.#keep(event, answer.error);
    if (answer.kind === 'answered') return answer.outcome;
    await this.spool.keepRefused(event);
    this.#teller.refused(event, answer.error);
    return 'ignored';
  }

  /** Drains the spool until the signal. */
  async drainUntil(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#mapper;
    await this.spool.sweep().catch((err: unknown) => log.warn({ err }, 'spool cannot be swept'));
    await watch(() => this.drain(signal), {
      intervalMs: lookEveryMs,
      signal,
      wakeups: this.#wakeups,
      clock,
    });
  }

  /** Empties the spool once, if nobody else is at it. */
  async drain(signal: AbortSignal): Promise<WatchedRun> {
    try {
      const isEmpty = (await this.spool.list()).length === 0;
      this.#ended(isEmpty ? undefined : await this.#drainLocked(signal));
    } catch (thrown) {
      // Somebody else drains it, or it is to end.
      if (!isHoldfastError(thrown, 'LOCK_BUSY') && !signal.aborted) this.#ended(asHoldfastError(thrown));
    }
    this.#teller.depth(this.spool);
    return this.#failure === undefined ? 'done' : 'again';
  }

  /** What keeps accounting from truth, for people. */
  get reasons(): readonly string[] {
    const { depth, oldestMs, isRefusing } = this.spool;
    const refusing = isRefusing
      ? ['accounting requests are refused: the spool is full or cannot be written']
      : [];
    if (this.#failure === undefined || depth === 0) return refusing;
    const ageMs = Math.max(0, this.#mapper.clock.wallMs() - (oldestMs ?? this.#mapper.clock.wallMs()));
    const since = formatDuration(Math.round(ageMs / 1_000) * 1_000);
    const { message, code } = this.#failure;
    return [...refusing, `${depth} accounting events wait, the oldest for ${since}: ${message} [${code}]`];
  }

  /** `silent`: there is no answer within the time that FreeRADIUS gives us; one that comes later does no harm. */
  async #tryNow(event: AccountingEvent): Promise<'silent' | EventFailure | Answered> {
    const { clock, settings } = this.#mapper;
    const timer = new AbortController();
    const answer = this.#answerNow(event).catch((thrown: unknown) => failureOf(thrown, 0));
    const silence = clock.sleep(settings.clientTimeoutMs / 2, timer.signal).then(
      () => 'silent' as const,
      () => answer,
    );
    try {
      return await Promise.race([answer, silence]);
    } finally {
      timer.abort();
    }
  }

  /**
   * Of a NAS that has begun anew the first batch is released at once, and the rest by the drain: it may be more than there is
   * time for, and what is on disk is done even if this process is not there any more.
   */
  async #answerNow(event: AccountingEvent): Promise<Answered> {
    const result = await this.#applyPart(event);
    this.#teller.applied(event, result);
    if (result.mayBeMore !== true) return { kind: 'answered', outcome: result.outcome };
    return { kind: 'answered', outcome: await this.#keep(event) };
  }

  async #applyPart(event: AccountingEvent): Promise<EventResult & { readonly mayBeMore?: boolean }> {
    const { truth, gateways, settings } = this.#mapper;
    const gateway = (await gateways.gatewayOf(event.src))?.name;
    if (event.kind === 'nas-on' || event.kind === 'nas-off')
      return applyNasRestart({ truth, event, gateway });
    return applyEvent({ truth, event, gateway, sessionLeaseMs: settings.sessionLeaseMs });
  }

  async #keep(event: AccountingEvent, cause?: HoldfastError): Promise<'spooled'> {
    await this.spool.keep(event);
    this.#teller.kept(event, cause);
    this.#teller.depth(this.spool);
    return 'spooled';
  }

  async #drainLocked(signal: AbortSignal): Promise<HoldfastError | undefined> {
    const options = {
      waitMs: 0,
      priority: 'background',
      purpose: 'vpn-radius-mapper spool',
      signal,
    } as const;
    const drain = {
      spool: this.spool,
      signal,
      wallMs: () => this.#mapper.clock.wallMs(),
      apply: (event: AccountingEvent) => this.#applyWhole(event, signal),
      onDrained: (drained: Drained) => {
        this.#teller.drained(drained);
        this.#teller.depth(this.spool);
      },
      onCommit: this.#hooks.onCommit,
    };
    return await this.#runner.run(spoolScope, options, (held) => drainSpool({ ...drain, held }));
  }

  async #applyWhole(event: AccountingEvent, signal: AbortSignal): Promise<'applied' | 'ignored'> {
    for (;;) {
      const result = await this.#applyPart(event);
      this.#teller.applied(event, result);
      if (result.mayBeMore !== true) return result.outcome;
      signal.throwIfAborted();
    }
  }

  #ended(failure: HoldfastError | undefined): void {
    if (failure?.code !== this.#failure?.code) this.#teller.drainEnded(failure);
    this.#failure = failure;
  }
}

interface Answered {
  readonly kind: 'answered';
  readonly outcome: AccountingOutcome;
}
