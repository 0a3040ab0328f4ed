/**
 * Scripts of the stores on a Redis server: each runs there as one step, with the server's clock. A client that reconnects
 * keeps commands in a queue; nothing is asked of it then, and what is not answered within the limit has failed, so a login
 * does not hang on a server that is away. What was sent and not answered may have happened.
 *
 * Promises as much durability as the server is set up for: with `appendfsync everysec` a power cut takes the last second.
 */
import { hash } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import type { RedisLockClient } from '@holdfast/lock-runner/redis';
import { AnswerLimit } from './answer-limit.ts';

/** Of `createClient()` of `redis` 5 or 6, connected, with a listener for its errors. Never closed here. */
export type RedisStoreClient = Pick<RedisLockClient, 'isReady' | 'withCommandOptions'>;

export interface RedisScriptsOptions {
  readonly client: RedisStoreClient;
  /** How long to wait for an answer, in milliseconds; up to an eighth more. Default 2000. */
  readonly answerMs?: number;
}

export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

const defaultAnswerMs = 2_000;

/** For scripts that need the present: milliseconds of the server's clock, as `now`. */
const clockPreamble = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Its text finds the server's wall clock in `now`, in milliseconds. */
export function redisScript(body: string): RedisScript {
  const source = `${clockPreamble}${body}`;
  return { source, sha1: hash('sha1', source) };
}

export class RedisScripts {
  readonly #client: RedisStoreClient;
  readonly #limit: AnswerLimit;

  constructor({ client, answerMs = defaultAnswerMs }: RedisScriptsOptions) {
    this.#client = client;
    this.#limit = new AnswerLimit(answerMs);
  }

  /**
   * @param keys - all in one slot
   * @throws HoldfastError STORE_UNREACHABLE - no connection, no answer in time, or the server refused
   */
  async run(
    { source, sha1 }: RedisScript,
    keys: readonly string[],
    parameters: readonly string[],
  ): Promise<unknown> {
    const given = { keys: [...keys], arguments: [...parameters] };
    if (!this.#client.isReady) throw unreachable(new Error('the client has no connection'));
    const ask = async (abortSignal: AbortSignal) => {
      const commands = this.#client.withCommandOptions({ abortSignal, typeMapping: {} });
      try {
        return await commands.evalSha(sha1, given);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes('NOSCRIPT')) throw error;
        return await commands.eval(source, given); // the first time, and after a restart of the server
      }
    };
    try {
      return await this.#limit.wait(ask);
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

/** Texts carry the first word of a refusal only: what follows it may quote what was stored. */
function unreachable(cause: unknown): HoldfastError {
  const reply = cause instanceof Error ? /^-?([A-Z]{2,})\b/.exec(cause.message)?.[1] : undefined;
  const what = reply === undefined ? 'does not answer' : `refused with ${reply}`;
  return new HoldfastError('STORE_UNREACHABLE', `the Redis server of the runtime stores ${what}`, {
    cause,
    details: reply === undefined ? {} : { reply },
  });
}
