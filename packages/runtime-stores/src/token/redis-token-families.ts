/**
 * Families on a Redis server, one key each and one per user for the list of them, all of a profile in one slot:
 * `PREFIX{PROFILE}:family:ID`, `PREFIX{PROFILE}:user:HASH`. They end by themselves with the family's absolute time.
 *
 * A decision is made here, on what the server has, and stored by a script that compares and writes in one step; whoever was
 * overtaken decides anew on the newer family. So every backend decides by the same code, and none holds a lock over the
 * network. Time is the server's.
 *
 * As durable as the server is set up to be: see `RedisScripts`. A server that forgets (no persistence, eviction, an
 * unfinished failover) makes newer tokens `ahead` or unknown, which are refused.
 */
import { hash } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { StateValidator } from '@holdfast/state';
import { RedisScripts, type RedisStoreClient, redisScript } from '../redis/redis-scripts.ts';
import { familySchema } from './family-schema.ts';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import type { TokenFamily } from './token-family.ts';
import { requireProfile } from './token-profile.ts';

export interface RedisTokenFamiliesOptions {
  readonly client: RedisStoreClient;
  readonly profile: string;
  /** Of the keys. Default `holdfast:token:`. */
  readonly prefix?: string;
  /** How long to wait for an answer, in milliseconds. Default 2000. */
  readonly answerMs?: number;
}

/** family → {value or '', now} */
const readScript = redisScript(`return {redis.call('get', KEYS[1]) or '', now}`);

/** family, old, new → 1 stored | 0 it is not the old one any more. The time it has left stays. */
const replaceScript = redisScript(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'keepttl')
return 1
`);

/** family user, value, id, milliseconds that it has left. The list lives as long as the last of its families. */
const addScript = redisScript(`
redis.call('zremrangebyscore', KEYS[2], '-inf', now)
redis.call('zadd', KEYS[2], now + ARGV[3], ARGV[2])
redis.call('pexpireat', KEYS[2], redis.call('zrange', KEYS[2], -1, -1, 'withscores')[2])
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
return 1
`);

/** user → ids */
const listScript = redisScript(`return redis.call('zrange', KEYS[1], 0, -1)`);

/** Each try that fails means that somebody else's has succeeded. */
const mostTries = 100;

export class RedisTokenFamilies implements TokenFamilies {
  readonly profile: string;
  readonly #scripts: RedisScripts;
  readonly #prefix: string;
  readonly #validator = new StateValidator(familySchema);

  /** @throws HoldfastError CONFIG_INVALID - no name of a profile */
  constructor({ client, profile, prefix = 'holdfast:token:', answerMs }: RedisTokenFamiliesOptions) {
    this.profile = requireProfile(profile);
    this.#scripts = new RedisScripts({ client, ...(answerMs === undefined ? {} : { answerMs }) });
    this.#prefix = `${prefix}{${profile}}`;
  }

  async add(make: (nowMs: number) => TokenFamily): Promise<TokenFamily> {
    const { nowMs } = await this.#look('');
    const made = make(nowMs);
    const { familyId, userId, absoluteExpiresAtMs } = made;
    await this.#scripts.run(
      addScript,
      [this.#familyKey(familyId), this.#userKey(userId)],
      [JSON.stringify(made), familyId, String(absoluteExpiresAtMs - nowMs)],
    );
    return made;
  }

  async change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const { text, family, nowMs } = await this.#look(familyId);
      const { result, family: next } = decide(family, nowMs);
      if (next === undefined) return result;
      const stored = await this.#scripts.run(
        replaceScript,
        [this.#familyKey(familyId)],
        [text, JSON.stringify(next)],
      );
      if (Number(stored) === 1) return result;
    }
    throw new HoldfastError('LOCK_BUSY', `the family ${familyId} is changed by others without end`, {
      details: { familyId, tries: mostTries },
    });
  }

  /** One that is added while others are changed is found too; one that is added after the last look is not. */
  async changeOfUser<Result>(
    userId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<readonly Result[]> {
    const results: Result[] = [];
    const done = new Set<string>();
    for (let found = await this.#list(userId); found.length > 0; found = await this.#list(userId)) {
      const left = found.filter((familyId) => !done.has(familyId));
      if (left.length === 0) break;
      for (const familyId of left) {
        done.add(familyId);
        const changed = await this.change<{ readonly of: Result } | undefined>(familyId, (family, nowMs) => {
          if (family?.userId !== userId) return { result: undefined };
          const { result, family: next } = decide(family, nowMs);
          return { result: { of: result }, family: next };
        });
        if (changed !== undefined) results.push(changed.of);
      }
    }
    return results;
  }

  async read(familyId: string): Promise<TokenFamily | undefined> {
    return (await this.#look(familyId)).family;
  }

  /** Nothing is left to do: keys end by themselves. */
  async sweep(): Promise<{ readonly removed: number }> {
    return { removed: 0 };
  }

  /** @throws HoldfastError DOCUMENT_INVALID - something else stands under the key */
  async #look(familyId: string): Promise<{ text: string; family: TokenFamily | undefined; nowMs: number }> {
    const key = this.#familyKey(familyId);
    const [text, nowMs] = (await this.#scripts.run(readScript, [key], [])) as [string, number];
    return { text, family: text === '' ? undefined : this.#validator.validate(parse(text), key), nowMs };
  }

  async #list(userId: string): Promise<readonly string[]> {
    return (await this.#scripts.run(listScript, [this.#userKey(userId)], [])) as string[];
  }

  #familyKey(familyId: string): string {
    return `${this.#prefix}:family:${familyId}`;
  }

  /** Hashed: names of users stand in no listing of keys. */
  #userKey(userId: string): string {
    return `${this.#prefix}:user:${hash('sha256', userId)}`;
  }
}

/** What is no JSON is for the validator to refuse. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
