/**
 * Claims on a Redis server, one key each, `PREFIX` and the hash, which ends with its expiry. Each operation is one script,
 * so looking and writing are one step for every process of every host.
 *
 * As durable as the server is set up to be: see `RedisScripts`. A server that evicts keys or forgets lets a used CAPTCHA
 * pass again, so it needs `maxmemory-policy noeviction`.
 */
import { HoldfastError } from '@holdfast/base';
import { RedisScripts, type RedisStoreClient, redisScript } from '../redis/redis-scripts.ts';
import { type CaptchaClaim, type CaptchaClaims, type Claimed, isOwn } from './captcha-claims.ts';

export interface RedisCaptchaClaimsOptions {
  readonly client: RedisStoreClient;
  /** Of the keys. Default `holdfast:captcha:`. */
  readonly prefix?: string;
  /** How long to wait for an answer, in milliseconds. Default 2000. */
  readonly answerMs?: number;
}

/** A claim is a hash, `scope attempt state`. → who has it now, and whether it was there before: {isNew, scope, …} */
const claimScript = redisScript(`
local isNew = redis.call('exists', KEYS[1]) == 0
if isNew then
  redis.call('hset', KEYS[1], 'scope', ARGV[1], 'attempt', ARGV[2], 'state', ARGV[3])
  redis.call('pexpire', KEYS[1], ARGV[4])
end
local found = redis.call('hmget', KEYS[1], 'scope', 'attempt', 'state')
return {isNew and 1 or 0, found[1] or '', found[2] or '', found[3] or ''}
`);

/** scope, attempt, keepMs → as above; the state is changed only where it was that attempt's and not used yet. */
const confirmScript = redisScript(`
local found = redis.call('hmget', KEYS[1], 'scope', 'attempt', 'state')
if found[1] == ARGV[1] and found[2] == ARGV[2] and found[3] == 'checking' then
  redis.call('hset', KEYS[1], 'state', 'ok')
  redis.call('pexpire', KEYS[1], ARGV[3])
  found[3] = 'ok'
end
return {0, found[1] or '', found[2] or '', found[3] or ''}
`);

const withdrawScript = redisScript(`
local found = redis.call('hmget', KEYS[1], 'attempt', 'state')
if found[1] == ARGV[1] and found[2] == 'checking' then redis.call('del', KEYS[1]) end
return 1
`);

export class RedisCaptchaClaims implements CaptchaClaims {
  readonly #scripts: RedisScripts;
  readonly #prefix: string;

  constructor({ client, prefix = 'holdfast:captcha:', answerMs }: RedisCaptchaClaimsOptions) {
    this.#scripts = new RedisScripts({ client, ...(answerMs === undefined ? {} : { answerMs }) });
    this.#prefix = prefix;
  }

  /** @throws HoldfastError STORE_UNREACHABLE - it may be claimed all the same, and lets nobody through then */
  async claim({ hash, scope, attemptId, state }: CaptchaClaim, keepMs: number): Promise<Claimed> {
    const parameters = [scope, attemptId, state, String(keepMs)];
    const answer = await this.#scripts.run(claimScript, [this.#key(hash)], parameters);
    const { isNew, claim } = this.#found(hash, answer);
    return isNew ? { kind: 'claimed' } : { kind: 'taken', by: claim };
  }

  /** @throws HoldfastError STORE_UNREACHABLE */
  async confirm(wanted: Omit<CaptchaClaim, 'state'>, keepMs: number): Promise<boolean> {
    const { hash, scope, attemptId } = wanted;
    const parameters = [scope, attemptId, String(keepMs)];
    const answer = await this.#scripts.run(confirmScript, [this.#key(hash)], parameters);
    const [, ...fields] = answer as readonly unknown[];
    if (fields.every((field) => field === '')) return false;
    const { claim } = this.#found(hash, answer);
    return claim.state === 'ok' && isOwn(claim, wanted);
  }

  /** @throws HoldfastError STORE_UNREACHABLE */
  async withdraw({ hash, attemptId }: Pick<CaptchaClaim, 'hash' | 'attemptId'>): Promise<void> {
    await this.#scripts.run(withdrawScript, [this.#key(hash)], [attemptId]);
  }

  /** Nothing is left to do: keys end by themselves. */
  async sweep(): Promise<{ readonly removed: number }> {
    return { removed: 0 };
  }

  #found(hash: string, answer: unknown): { readonly isNew: boolean; readonly claim: CaptchaClaim } {
    const [isNew, scope, attemptId, state] = Array.isArray(answer) ? answer.map(String) : [];
    if (scope === undefined || attemptId === undefined || (state !== 'checking' && state !== 'ok'))
      throw new HoldfastError('DOCUMENT_INVALID', `${this.#key(hash)} on the Redis server is no claim`);
    return { isNew: isNew === '1', claim: { hash, scope, attemptId, state } };
  }

  #key(hash: string): string {
    return `${this.#prefix}${hash}`;
  }
}
