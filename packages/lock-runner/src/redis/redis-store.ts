/**
 * The questions a lock asks the server, each one script and each with a limit. A client that reconnects keeps commands in
 * a queue: nothing is asked of it then, and what is not written when its limit passes is taken out of the queue, so
 * nothing happens behind our back later. What was written and not answered may have happened; every question may be asked
 * twice, and giving back undoes it.
 */
import type { LockParty } from '@holdfast/base';
import { waitLimit } from '../wait-limit.ts';
import type { RedisLockClient } from './redis-client.ts';
import { replyCodeOf } from './redis-failure.ts';
import { extendScript, giveBackScript, lookScript, type RedisScript, seekScript } from './redis-scripts.ts';

/** One request for a lock, as the server knows it. */
export interface RedisClaim {
  readonly scope: string;
  /** Of the lock; those of the line and the fence are made of it. */
  readonly key: string;
  /** 16 hexadecimal digits of the backend and 32 of this request. */
  readonly token: string;
  /** Who asks, as JSON. */
  readonly party: string;
}

export type SeekAnswer =
  | { readonly kind: 'granted'; readonly fence: number; readonly waiters: number }
  /** `restMs` is what is left of the lease in the way, -1 for one without end, -2 for none. `place` counts from 0. */
  | { readonly kind: 'refused'; readonly restMs: number; readonly place: number };

export interface RedisLook {
  readonly holder?: LockParty;
  readonly waiters: readonly LockParty[];
}

export interface RedisStoreOptions {
  readonly client: RedisLockClient;
  readonly leaseMs: number;
  /** Channels of the backends, before the first 16 digits of a token. */
  readonly wakeChannel: string;
}

/** Longest wait for one answer; a third of the lease when that is shorter. */
const longestAnswerMs = 2_000;
/** So long a request that has ended waits to hear that nothing of it is left on the server. */
const farewellMs = 100;

export class RedisStore {
  readonly #options: RedisStoreOptions;
  readonly #answerMs: number;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#answerMs = Math.min(options.leaseMs / 3, longestAnswerMs);
  }

  /** False when the client was closed or never connected, so that no answer can ever come. */
  get isOpen(): boolean {
    return this.#options.client.isOpen;
  }

  /** With a `patienceMs` the claim stands in line and has to come again before it has passed. */
  async seek(
    claim: RedisClaim,
    { floor, patienceMs }: { readonly floor: number; readonly patienceMs: number },
    signal: AbortSignal | undefined,
  ): Promise<SeekAnswer> {
    const { leaseMs } = this.#options;
    const [isGranted, first = 0, second = 0] = numbersOf(
      await this.#ask(seekScript, claim, [leaseMs, floor, patienceMs].map(String), signal),
    );
    if (isGranted === 1) return { kind: 'granted', fence: first, waiters: second };
    return { kind: 'refused', restMs: first, place: second };
  }

  /** @returns how many wait for the lock, undefined when it is not ours any more */
  async extend(claim: RedisClaim, signal: AbortSignal): Promise<number | undefined> {
    const [isOurs, waiters] = numbersOf(
      await this.#ask(extendScript, claim, [String(this.#options.leaseMs)], signal),
    );
    return isOurs === 1 ? waiters : undefined;
  }

  /**
   * Gives back the lock or the place in line, whichever the claim has, also of a question that is still under way. Resolves
   * when the server has said so or has not for a moment; without a connection it is tried until the lease has run out
   * anyway. Never rejects.
   */
  async giveBack(claim: RedisClaim): Promise<void> {
    const { leaseMs, wakeChannel } = this.#options;
    const done = this.#run(giveBackScript, claim, [wakeChannel], AbortSignal.timeout(leaseMs)).catch(
      () => undefined,
    );
    using patience = waitLimit(farewellMs, undefined);
    await Promise.race([done, aborted(patience.signal).catch(() => undefined)]);
  }

  async look(claim: RedisClaim): Promise<RedisLook> {
    const report = await this.#ask(lookScript, claim, [], undefined);
    if (!Array.isArray(report)) throw new TypeError('the lock server gave no list');
    const [value, nowMs, ...line] = report.map(String);
    const waiters: LockParty[] = [];
    for (let place = 0; place < line.length; place += 2) {
      const sinceMs = Number(nowMs) - Math.floor(Number(line[place + 1]) / 1_000);
      waiters.push(...partyOf(line[place]?.replace(/^\S+ /, ''), sinceMs));
    }
    const [, sinceWallMs, party] = /^\S+ (\d+) (.*)$/s.exec(value ?? '') ?? [];
    const [known] = partyOf(party, Number(nowMs) - Number(sinceWallMs));
    const holder = known ?? (value === undefined || value === '' ? undefined : stranger);
    return { ...(holder === undefined ? {} : { holder }), waiters };
  }

  /** @throws the signal's reason, or whatever the client or the server says */
  async #ask(
    script: RedisScript,
    claim: RedisClaim,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (!this.#options.client.isReady) throw new Error('the client has no connection');
    using limit = waitLimit(this.#answerMs, signal);
    // Of two rejections the race lets out the first and swallows the other.
    return await Promise.race([this.#run(script, claim, args, limit.signal), aborted(limit.signal)]).catch(
      (error) => {
        throw signal?.aborted === true ? signal.reason : error;
      },
    );
  }

  async #run(
    script: RedisScript,
    { key, token, party }: RedisClaim,
    args: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<unknown> {
    const commands = this.#options.client.withCommandOptions({ abortSignal, typeMapping: {} });
    const given = {
      keys: [key, `${key}:fence`, `${key}:line`, `${key}:alive`],
      arguments: [token, party, ...args],
    };
    try {
      return await commands.evalSha(script.sha1, given);
    } catch (error) {
      if (replyCodeOf(error) !== 'NOSCRIPT') throw error;
      return commands.eval(script.source, given); // the first time, and after a restart of the server
    }
  }
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const forward = () => reject(new Error('no answer in time'));
  if (signal.aborted) forward();
  else signal.addEventListener('abort', forward, { once: true });
  return promise;
}

function numbersOf(reply: unknown): readonly number[] {
  if (!Array.isArray(reply)) throw new TypeError('the lock server gave no list');
  return reply.map(Number);
}

/** Nobody for a lock that is not of this kit: its value tells nothing. */
/** Whoever took the lock by another program than this kit. */
const stranger: LockParty = { pid: 0, host: 'unknown', purpose: 'a client of the lock server' };

function partyOf(text: string | undefined, sinceMs: number): readonly LockParty[] {
  try {
    const { pid, host, purpose } = JSON.parse(text ?? '') as Partial<LockParty>;
    if (typeof pid !== 'number' || typeof host !== 'string') return [];
    const said = typeof purpose === 'string' ? { purpose } : {};
    return [{ pid, host, ...said, sinceMs: Math.max(0, sinceMs) }];
  } catch {
    return [];
  }
}
