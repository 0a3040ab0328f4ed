/**
 * What happens between the parts of the daemon: a look at the database may ask for a run, a run changes what is known, and
 * both are told to people, metrics and the service manager. Owns no loop itself: `watch` and `watchGround` call it.
 */
import type { Clock, HoldfastError, Log } from '@holdfast/base';
import { Wakeups, type WatchedRun, watchPauses } from '@holdfast/cycle';
import { PolicyMemory, type PolicyRequest, type PolicyResult } from '@holdfast/gateway-policy/command';
import { asHoldfastError } from '@holdfast/host/cli';
import type { StatusAppOptions } from '@holdfast/host/http';
import type { ServiceManager } from '@holdfast/host/service';
import { DaemonMetrics } from './daemon-metrics.ts';
import { DaemonState } from './daemon-state.ts';
import { Heartbeat } from './heartbeat.ts';
import { isHopeless, mayPass } from './hopeless.ts';
import { measuredRun } from './measured-run.ts';
import { policyRequest, type ReconcileSettings } from './policy-request.ts';
import { RunTeller } from './run-teller.ts';
import type { TriggerLook } from './trigger-probe.ts';

export interface DaemonLoopOptions {
  readonly settings: ReconcileSettings;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly manager: ServiceManager;
  readonly onStep?: PolicyRequest['onStep'];
  readonly stepLimitMs?: number;
}

/** What a rest may last longer than planned, on a machine that has no time for us. */
const slackMs = 30_000;

export class DaemonLoop {
  readonly wakeups = new Wakeups();
  /** Aborts when the daemon is to end, for whatever reason. */
  readonly stop: AbortSignal;
  /** For when it ends: 0 unless it has given up. */
  exitStatus = 0;
  readonly #options: DaemonLoopOptions;
  readonly #state = new DaemonState();
  readonly #metrics = new DaemonMetrics();
  readonly #heartbeat: Heartbeat;
  readonly #teller: RunTeller;
  readonly #memory = new PolicyMemory();
  readonly #givenUp = new AbortController();
  /** End of the last run that looked at everything, on the monotonic clock. */
  #lookedMs = Number.NEGATIVE_INFINITY;
  #hasRun = false;

  constructor(options: DaemonLoopOptions) {
    const { settings, log, signal, clock } = options;
    this.#options = options;
    this.#heartbeat = new Heartbeat(clock);
    const gateway = settings.gateway.value ?? '';
    this.#teller = new RunTeller({ isJson: settings.json.value, isStream: true, log, gateway });
    this.stop = AbortSignal.any([signal, this.#givenUp.signal]);
    this.stop.addEventListener('abort', this.#stopping, { once: true });
  }

  /** For the endpoints. */
  get answers(): Omit<StatusAppOptions, 'onError'> {
    return {
      health: () => {
        const { phase, forMs } = this.#heartbeat.facts;
        const isAlive = this.#heartbeat.isAlive;
        return { reasons: isAlive ? [] : [`${phase} for ${forMs} ms`], facts: { phase, forMs } };
      },
      readiness: () => this.#state.readiness,
      metrics: () => this.#metrics.read(this.#state.readiness.reasons.length === 0),
    };
  }

  get isAlive(): boolean {
    return this.#heartbeat.isAlive;
  }

  /** Null while nobody has said which one it is, truth neither. */
  get gateway(): string | null {
    return this.#state.look?.gateway ?? this.#options.settings.gateway.value ?? null;
  }

  /** Whether the last run has not made the gateway right. */
  get isFailing(): boolean {
    return this.#state.isFailing;
  }

  /** Resolves when there is a database to run on, or no sense in waiting for it. */
  readonly ready = async (): Promise<void> => {
    if (this.#state.isAway) this.#heartbeat.beat('waiting for the database', Number.POSITIVE_INFINITY);
    const stopped = Promise.withResolvers<void>();
    const give = () => stopped.resolve();
    this.stop.addEventListener('abort', give, { once: true });
    if (!this.stop.aborted) await Promise.race([this.#state.whenUp, stopped.promise]);
    this.stop.removeEventListener('abort', give);
  };

  readonly run = async (causes: ReadonlySet<string>): Promise<WatchedRun> => {
    const { log, settings } = this.#options;
    log.debug({ causes: [...causes] }, 'run begins');
    this.#beat('beginning');
    this.#state.runBegins();
    const coveredBefore = this.#state.look?.covered ?? 0;
    const error = await this.#runOnce(this.#reasonFor(causes), coveredBefore);
    this.#heartbeat.beat('resting', Math.max(settings.interval.value * 1.1, watchPauses.maxMs) + slackMs);
    const isFirst = !this.#hasRun;
    this.#hasRun = true;
    if (isFirst && error !== undefined && !this.stop.aborted) this.#giveUpOn(error);
    if (isFirst && !this.stop.aborted) this.#tellManager('READY=1');
    else this.#tellManager();
    return error !== undefined && mayPass(error) ? 'again' : 'done';
  };

  readonly onLook = (look: TriggerLook, sinceMs: number): void => {
    const wasAway = this.#state.isAway;
    const cause = this.#state.found(look, sinceMs);
    this.#metrics.looked(look);
    if (wasAway) {
      this.#options.log.info({ gateway: look.gateway }, 'database answers');
      this.#tellManager();
    }
    if (cause !== undefined) this.wakeups.wake(cause);
  };

  readonly onAway = (error: HoldfastError, isOver: boolean): void => {
    const isNews = this.#state.lost(error);
    if (isOver && !this.#hasRun) this.#giveUpOn(error);
    if (!isNews || this.stop.aborted) return;
    this.#options.log.warn({ code: error.code }, 'database away');
    this.#metrics.databaseLost();
    this.#teller.failure(error);
    // Whoever waits for us to have started need not wait for the database too.
    this.#tellManager(...(this.#hasRun ? [] : ['READY=1' as const]));
  };

  /**
   * What triggers announce is made live by itself. Everything is looked at for every other cause, and when it has not been
   * for longer than the interval: a stream of triggers must not keep drift from being found.
   */
  #reasonFor(causes: ReadonlySet<string>): 'timer' | 'recorded' {
    const { settings, clock } = this.#options;
    const isNews = [...causes].every((cause) => cause === 'trigger' || cause === 'spool');
    const isDue = clock.monotonicMs() - this.#lookedMs >= settings.interval.value;
    return isNews && !isDue ? 'recorded' : 'timer';
  }

  /** @returns the failure, told and counted */
  async #runOnce(reason: 'timer' | 'recorded', coveredBefore: number): Promise<HoldfastError | undefined> {
    const { settings, signal, clock } = this.#options;
    const own = { memory: this.#memory, clock, onStep: this.#onStep };
    const request = { ...policyRequest(settings, reason, signal), ...own };
    try {
      const { result, reactionsMs } = await measuredRun({ settings, request, coveredBefore, clock });
      this.#state.runEnded(result, clock.monotonicMs());
      if (reason === 'timer' && result.error === undefined) this.#lookedMs = clock.monotonicMs();
      if (result.events !== undefined) this.#metrics.spooled(result.events);
      this.#metrics.ran(result, coveredBefore, clock.wallMs());
      if (this.#state.look !== undefined) this.#metrics.triggers(this.#state.look);
      this.#metrics.reacted(reactionsMs);
      this.#tell(result);
      return result.error;
    } catch (thrown) {
      const error = asHoldfastError(thrown);
      this.#state.runFailed(error, clock.monotonicMs());
      this.#metrics.failed();
      this.#teller.failure(error);
      return error;
    }
  }

  /** A wait that our own stop cut short is no failure to tell. */
  #tell(result: PolicyResult): void {
    if (result.error === undefined || !this.stop.aborted) this.#teller.run(result);
  }

  readonly #onStep: NonNullable<PolicyRequest['onStep']> = async (step) => {
    const isWaiting = step === 'planned';
    if (isWaiting) this.#beat('waiting for the lock', this.#options.settings.lockTimeout.value);
    else this.#beat(`after ${step}`);
    await this.#options.onStep?.(step);
  };

  #beat(phase: string, furtherMs = 0): void {
    this.#heartbeat.beat(phase, (this.#options.stepLimitMs ?? 300_000) + furtherMs);
  }

  #giveUpOn(error: HoldfastError): void {
    const { settings } = this.#options;
    const isServer = settings.database.value?.startsWith('sqlite:') === false;
    if (!isHopeless(error, isServer)) return;
    this.exitStatus = this.#teller.failure(error);
    this.#givenUp.abort(error);
  }

  readonly #stopping = (): void => {
    this.#state.stops();
    if (this.exitStatus === 0) this.#tellManager('STOPPING=1');
  };

  #tellManager(...assignments: readonly `${string}=${string}`[]): void {
    void this.#options.manager.tell(...assignments, `STATUS=${this.#state.summary}`);
  }
}
