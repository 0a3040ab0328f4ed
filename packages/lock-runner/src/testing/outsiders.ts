/** Programs outside the kit that take its locks by hand, where they lie. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type RedisClient, redisKeyOf } from '../../../../tests/support/redis-hosts.ts';
import { closeLockFile, tryLockFile } from '../flock/lock-file.ts';
import { lockFileName } from '../lock-name.ts';
import type { Outsider } from './contract/lock-contract-subject.ts';

/** With flock(2), on an open file description of its own. */
export function takeLockFile(directory: string, scope: string): Outsider | undefined {
  const file = tryLockFile(join(directory, lockFileName(scope)), 'exclusive');
  return file && { giveBack: () => closeLockFile(file) };
}

/** With SET NX, under a value that is nobody else's. */
export async function takeRedisKey(client: RedisClient, scope: string): Promise<Outsider | undefined> {
  const key = redisKeyOf(scope);
  const answer = await client.set(key, randomBytes(16).toString('hex'), {
    condition: 'NX',
    expiration: { type: 'PX', value: 60_000 },
  });
  return answer === null ? undefined : { giveBack: async () => void (await client.del(key)) };
}
