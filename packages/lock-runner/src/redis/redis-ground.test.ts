/** The Redis backend and the directory that keeps the generations of this host. */
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { RedisHosts, redisKeyOf } from '../../../../tests/support/redis-hosts.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { redisBackend } from '../redis.ts';

const scope = 'policy:gw1';

describe.skipIf(isMissing('redis'))('the lock directory of a redis lock', () => {
  const hosts = new RedisHosts();
  let directory: string;
  let runner: LockRunner;

  beforeAll(() => hosts.start());
  afterAll(() => hosts.stop());

  beforeEach(async () => {
    await hosts.begin();
    const { client } = await hosts.add();
    directory = join(hosts.directory, 'locks');
    runner = new LockRunner({ directory, backend: redisBackend({ client }) });
  });

  afterEach(async () => {
    await runner.close();
    expect(await hosts.end()).toEqual([]);
  });

  it('is made for this user alone', async () => {
    await runner.run(scope, {}, () => expect(statSync(directory).mode & 0o777).toBe(0o700));
  });

  it('that is a link is refused, and nothing is asked of the server', async () => {
    symlinkSync(hosts.directory, directory);
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(await hosts.admin.keys('*')).toEqual([]);
  });

  it('with a damaged generation is refused, and the lock is free', async () => {
    await runner.run(scope, {}, () => undefined);
    writeFileSync(join(directory, lockFileName(scope).replace('.lock', '.fence')), 'much\n');
    await expect(runner.run(scope, {}, () => 'ran')).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(await hosts.admin.exists(redisKeyOf(scope))).toBe(0);
  });
});
