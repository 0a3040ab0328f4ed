/**
 * The janitor: ends sessions whose time is over and forgets those that ended long ago, a batch per transaction. On one
 * machine one janitor is at it at a time, by the lock `radius:janitor`; of several machines each may be, since what a batch ends is
 * decided by the statement that locks it.
 */
import { join } from 'node:path';
import { type Held, type HoldfastError, isHoldfastError } from '@holdfast/base';
import { type WatchedRun, watch } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { LockRunner } from '@holdfast/lock-runner';
import { pruneReleasedSessions } from '@holdfast/truth-db';
import type { Mapper } from '../mapper.ts';
import {
  type JanitorAction,
  type JanitorFacts,
  type JanitorMemory,
  janitorPolicy,
  nextMemory,
} from '../policy/janitor-policy.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import { expireBatch } from './expire-batch.ts';
import { createJanitorReader, janitorMemoryPath, janitorScope } from './janitor-memory.ts';

/** Sessions, and remembered ones, in one transaction. */
const expireBatchSize = 500;
const pruneBatchSize = 1_000;

export class Janitor {
  readonly #mapper: Mapper;
  readonly #runner: LockRunner;
  readonly #reader = createJanitorReader();
  readonly #path: string;
  #failure: HoldfastError | undefined;

  constructor(mapper: Mapper) {
    const { stateDirectory, settings } = mapper;
    this.#mapper = mapper;
    this.#path = janitorMemoryPath(stateDirectory);
    this.#runner = new LockRunner({
      directory: join(stateDirectory, 'locks'),
      backend: settings.lockBackend,
    });
  }

  /** Comes by again and again until the signal. */
  async workUntil(signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#mapper;
    const { janitorIntervalMs: intervalMs = 10_000 } = settings;
    await watch(() => this.pass(signal), { intervalMs, jitter: 0.2, signal, clock });
  }

  /** One pass, if no other janitor of this machine is at it. */
  async pass(signal: AbortSignal): Promise<WatchedRun> {
    const options = {
      waitMs: 0,
      priority: 'background',
      purpose: 'vpn-radius-mapper janitor',
      signal,
    } as const;
    try {
      await this.#runner.run(janitorScope, options, (held) => this.#passAlone(held, signal));
      this.#tell(undefined);
    } catch (thrown) {
      if (isHoldfastError(thrown, 'LOCK_BUSY') || signal.aborted) return 'done';
      this.#tell(asHoldfastError(thrown));
    }
    return this.#failure === undefined ? 'done' : 'again';
  }

  async #passAlone(held: Held, signal: AbortSignal): Promise<void> {
    const { clock, settings, log } = this.#mapper;
    const facts: JanitorFacts = {
      nowMs: clock.wallMs(),
      memory: await this.#remembered(),
      interimMs: settings.interimMs,
    };
    const verdict = janitorPolicy(radiusReason('janitor'), facts);
    if (verdict.kind !== 'act') return;
    log.debug({ because: verdict.because }, 'janitor');
    for (const action of verdict.actions) await this.#perform(action, facts.nowMs, signal);
    await this.#remember(held, nextMemory(facts));
  }

  async #perform(action: JanitorAction, nowMs: number, signal: AbortSignal): Promise<void> {
    switch (action.kind) {
      case 'expire':
        return this.#expire(nowMs, signal);
      case 'prune':
        return this.#prune(action.beforeMs, signal);
      default:
        return action satisfies never;
    }
  }

  async #expire(at: number, signal: AbortSignal): Promise<void> {
    const { truth, metrics, log } = this.#mapper;
    for (let mayBeMore = true; mayBeMore && !signal.aborted; ) {
      const batch = await expireBatch(truth, { at, limit: expireBatchSize });
      metrics.add('holdfast_radius_expired_total', batch.ended, {});
      for (const session of batch.sessions) log.info(session, 'session expired');
      mayBeMore = batch.mayBeMore;
    }
  }

  async #prune(before: number, signal: AbortSignal): Promise<void> {
    const { truth, log } = this.#mapper;
    for (let pruned = pruneBatchSize; pruned === pruneBatchSize && !signal.aborted; ) {
      pruned = await truth.transaction((trx) =>
        pruneReleasedSessions(trx, { before, limit: pruneBatchSize }),
      );
      if (pruned > 0) log.debug({ pruned }, 'ended sessions forgotten');
    }
  }

  /** A memory that cannot be read is none: it is written anew. */
  async #remembered(): Promise<JanitorMemory | undefined> {
    try {
      return (await this.#reader.read(this.#path)).value;
    } catch (err) {
      if (!isHoldfastError(err, 'DOCUMENT_INVALID')) throw err;
      this.#mapper.log.warn({ err }, 'memory of the janitor damaged');
      return undefined;
    }
  }

  async #remember(held: Held, memory: JanitorMemory): Promise<void> {
    try {
      await this.#reader.update(this.#path, held, () => memory);
    } catch (error) {
      if (!isHoldfastError(error, 'DOCUMENT_INVALID')) throw error;
      await this.#reader.remove(this.#path, held);
      await this.#reader.update(this.#path, held, () => memory);
    }
  }

  /** An outage is told once, and so is its end. */
  #tell(failure: HoldfastError | undefined): void {
    const { log } = this.#mapper;
    if (failure === undefined && this.#failure !== undefined) log.info({}, 'janitor works again');
    if (failure !== undefined && failure.code !== this.#failure?.code)
      log.warn({ code: failure.code, problem: failure.message }, 'janitor cannot work');
    this.#failure = failure;
  }
}
