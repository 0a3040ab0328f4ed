/**
 * A salt on a Redis server, for the processes of several hosts: one key without expiry, by the server's clock. A change is
 * decided here and stored by a script that compares and writes in one step; who was overtaken decides anew on the newer salt.
 *
 * The server has to keep it: where keys are evicted or a restart forgets them, everybody gets another burst from every limit.
 */
import { HoldfastError } from '@holdfast/base';
import { RedisScripts, type RedisStoreClient, redisScript } from '../redis/redis-scripts.ts';
import { parseSaltState } from './salt-schema.ts';
import type { SaltState } from './salt-state.ts';
import type { SaltChange, SaltStore } from './salt-store.ts';

export interface RedisSaltStoreOptions {
  readonly client: RedisStoreClient;
  /** Default `ip`. */
  readonly name?: string;
  /** Of the key. Default `holdfast:salt:`. */
  readonly prefix?: string;
  /** How long to wait for an answer, in milliseconds. Default 2000. */
  readonly answerMs?: number;
}

/** salt → {value or '', now} */
const readScript = redisScript(`return {redis.call('get', KEYS[1]) or '', now}`);

/** salt, old or '', new → 1 stored | 0 it is not the old one any more */
const replaceScript = redisScript(`
if (redis.call('get', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2])
return 1
`);

/** Each try that fails means that somebody else's has succeeded. */
const mostTries = 100;

export class RedisSaltStore implements SaltStore {
  readonly #scripts: RedisScripts;
  readonly #key: string;

  constructor({ client, name = 'ip', prefix = 'holdfast:salt:', answerMs }: RedisSaltStoreOptions) {
    this.#scripts = new RedisScripts({ client, ...(answerMs === undefined ? {} : { answerMs }) });
    this.#key = `${prefix}${name}`;
  }

  /** @throws HoldfastError STORE_UNREACHABLE - no connection, no answer in time, or the server refused */
  async read(): Promise<SaltState | undefined> {
    return (await this.#look()).state;
  }

  /** @throws as `read`, and LOCK_BUSY - others change it without end */
  async change(change: SaltChange): Promise<SaltState | undefined> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const { text, state, nowMs } = await this.#look();
      const next = change(state, nowMs);
      if (next === undefined) return state;
      const stored = await this.#scripts.run(replaceScript, [this.#key], [text, JSON.stringify(next)]);
      if (Number(stored) === 1) return next;
    }
    throw new HoldfastError('LOCK_BUSY', `the salt ${this.#key} is changed by others without end`, {
      details: { key: this.#key, tries: mostTries },
    });
  }

  async #look(): Promise<{
    readonly text: string;
    readonly state: SaltState | undefined;
    readonly nowMs: number;
  }> {
    const [text, nowMs] = (await this.#scripts.run(readScript, [this.#key], [])) as [string, number];
    return { text, state: text === '' ? undefined : parseSaltState(text, this.#key), nowMs: Number(nowMs) };
  }
}
