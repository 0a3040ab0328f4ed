/**
 * Buckets on a Redis server, for the processes of several hosts. A decision is one script, which the server runs alone and
 * by its own clock; a key is kept as long as its bucket is not full, so there is nothing to sweep. Keys are
 * `PREFIX` and the SHA-256 of limit and key, one each, so a cluster spreads them.
 *
 * As durable as the server is set up to be: what it forgets is full again. A question that was not answered may have been
 * taken; it is not asked again.
 */
import { type Clock, HoldfastError } from '@holdfast/base';
import {
  type RedisScript,
  RedisScripts,
  type RedisStoreClient,
  redisScript,
} from '../redis/redis-scripts.ts';
import { bucketHash } from './bucket-key.ts';
import { type Gcra, gcraOf, requireCost, takeFrom } from './gcra.ts';
import type { RateDecision, RateLimit, RateLimitStore } from './rate-limit.ts';

export interface RedisRateLimitsOptions {
  readonly client: RedisStoreClient;
  /** Of the keys. Default `holdfast:rate-limit:`. */
  readonly prefix?: string;
  /** How long to wait for an answer, in milliseconds. Default 2000. */
  readonly answerMs?: number;
  /** Default: the server's, the same for all hosts. */
  readonly clock?: Clock;
}

/**
 * What `gcra.ts` does, once more, where nobody can come between. Numbers are doubles there as they are here; `%.0f` keeps
 * their digits. A value that is no number is somebody else's: an error, never an empty bucket.
 */
const preamble = `
local interval, tolerance, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local nowUs = ARGV[4] ~= '' and tonumber(ARGV[4]) or time[1] * 1000000 + time[2]
local stored = redis.call('get', KEYS[1])
local tat = stored and tonumber(stored)
if stored and not tat then return redis.error_reply('FOREIGN value under the key of a bucket') end
local base = tat or nowUs
if base > nowUs + tolerance + interval or base < nowUs then base = nowUs end
local function text(number) return string.format('%.0f', number) end
local function store(next)
  if next <= nowUs then redis.call('del', KEYS[1])
  else redis.call('set', KEYS[1], text(next), 'px', text(math.ceil((next - nowUs) / 1000))) end
end
`;

/** bucket, interval, tolerance, cost, now or '' → {tat as it was or '', now}; microseconds */
const takeScript = redisScript(`${preamble}
if base - nowUs + interval * (cost - 1) - tolerance <= 0 then store(base + interval * cost) end
return {tat and text(tat) or '', text(nowUs)}
`);

/** The same, giving back. */
const refundScript = redisScript(`${preamble}
if tat then store(base - interval * cost) end
return {tat and text(tat) or '', text(nowUs)}
`);

export class RedisRateLimits implements RateLimitStore {
  readonly #scripts: RedisScripts;
  readonly #prefix: string;
  readonly #clock: Clock | undefined;

  constructor({ client, prefix = 'holdfast:rate-limit:', answerMs, clock }: RedisRateLimitsOptions) {
    this.#scripts = new RedisScripts({ client, ...(answerMs === undefined ? {} : { answerMs }) });
    this.#prefix = prefix;
    this.#clock = clock;
  }

  /** @throws HoldfastError STORE_UNREACHABLE - no connection, no answer in time, or the server refused */
  async take(limit: RateLimit, key: string, cost = 1): Promise<RateDecision> {
    const gcra = gcraOf(limit);
    const [tat, nowUs] = await this.#ask(takeScript, { gcra, bucket: bucketHash(limit, key), cost });
    // The script has decided by the same arithmetic on the same numbers.
    return takeFrom(gcra, tat, nowUs, cost).decision;
  }

  /** @throws as `take` */
  async refund(limit: RateLimit, key: string, cost = 1): Promise<void> {
    await this.#ask(refundScript, { gcra: gcraOf(limit), bucket: bucketHash(limit, key), cost });
  }

  /** Nothing is left to do: keys end by themselves. */
  async sweep(): Promise<{ readonly removed: number }> {
    return { removed: 0 };
  }

  /** @returns the bucket as it was, and the time of the decision */
  async #ask(
    script: RedisScript,
    { gcra, bucket, cost }: { readonly gcra: Gcra; readonly bucket: string; readonly cost: number },
  ): Promise<readonly [tat: number | undefined, nowUs: number]> {
    requireCost(cost);
    const now = this.#clock === undefined ? '' : String(this.#clock.wallMs() * 1_000);
    const answer = await this.#scripts.run(
      script,
      [`${this.#prefix}${bucket}`],
      [gcra.intervalUs, gcra.toleranceUs, cost].map(String).concat(now),
    );
    if (!Array.isArray(answer) || answer.length !== 2)
      throw new HoldfastError('STORE_UNREACHABLE', 'the Redis server has answered no pair');
    const [tat, nowUs] = answer.map(String);
    return [tat === '' ? undefined : Number(tat), Number(nowUs)];
  }
}
