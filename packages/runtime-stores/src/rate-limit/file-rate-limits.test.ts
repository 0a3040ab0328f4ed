/** Buckets in files and in memory: the contract, and what is only true of files. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeDocument } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../../../../tests/support/counts.ts';
import { shardOfKey } from '../documents/shard-of-key.ts';
import { bucketName } from './bucket-key.ts';
import { FileRateLimits } from './file-rate-limits.ts';
import { MemoryRateLimits } from './memory-rate-limits.ts';
import type { RateLimit } from './rate-limit.ts';
import { describeRateLimitStore } from './rate-limit-contract.ts';

const limit: RateLimit = { name: 'login', limit: 10, periodMs: 3_600_000, burst: 2 };

function filePlace() {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-rate-'));
  const open = (clock: Clock = systemClock) =>
    new FileRateLimits({
      directory: join(home, 'store'),
      runner: new LockRunner({ directory: join(home, 'locks'), backend: 'flock' }),
      clock,
    });
  const put = (bytes: string | Uint8Array, key = 'a') => {
    const path = open().documents.pathOf(bucketName(limit, key));
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes);
    return path;
  };
  return {
    home,
    open,
    put,
    poison: async (poisoned: RateLimit, key: string, tatUs: number) => {
      const { entry } = shardOfKey(bucketName(poisoned, key), 4);
      put(encodeDocument(JSON.stringify({ [entry]: tatUs }), 1), key);
    },
    [Symbol.asyncDispose]: async () => rmSync(home, { recursive: true }),
  };
}

const decisions = isSoak ? counts.rateDecisions : counts.rateDecisions / 3;
describeRateLimitStore('files', async () => filePlace(), { decisions });
describeRateLimitStore(
  'memory',
  async () => {
    let store: MemoryRateLimits | undefined;
    return {
      open: (clock) => {
        store ??= new MemoryRateLimits({ clock });
        return store;
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
  { decisions: counts.rateDecisions },
);

describe('the files of the rate limit', () => {
  let place: ReturnType<typeof filePlace>;
  beforeEach(() => {
    place = filePlace();
  });
  afterEach(() => place[Symbol.asyncDispose]());

  it('are of their owner alone, and tell no key', async () => {
    const store = place.open();
    await store.take(limit, '192.0.2.1');
    const path = store.documents.pathOf(bucketName(limit, '192.0.2.1'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(statSync(join(place.home, 'store')).mode & 0o777).toBe(0o700);
    for await (const listed of store.documents.list())
      expect(JSON.stringify(listed)).not.toContain('192.0.2');
  });

  const entryOf = (key: string) => shardOfKey(bucketName(limit, key), 4).entry;
  it.each([
    ['empty', ''],
    ['torn', encodeDocument(JSON.stringify({ [entryOf('a')]: 5 }), 1).subarray(0, 100)],
    ['of somebody else', '{"hello":1}'],
    ['of another shard', encodeDocument(JSON.stringify({ ['f'.repeat(32)]: 5 }), 1)],
    ['without numbers', encodeDocument(JSON.stringify({ [entryOf('a')]: 'soon' }), 1)],
    ['a list', encodeDocument('[]', 1)],
  ])('one that is %s is refused and left for a steward', async (_what, bytes) => {
    const path = place.put(bytes);
    const before = statSync(path).ino;
    const store = place.open();
    await expect(store.take(limit, 'a')).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    await expect(store.refund(limit, 'a')).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(statSync(path).ino).toBe(before);
    expect(await store.take(limit, 'b')).toMatchObject({ isAllowed: true });
    expect(await store.sweep()).toMatchObject({ damaged: 1, removed: 0, kept: 1 });
    const errors = [];
    for await (const listed of store.documents.list()) if ('error' in listed) errors.push(listed.path);
    expect(errors).toEqual([path]);
  });

  it('one that is newer is refused', async () => {
    place.put('{"sha256":"","format":2}\n');
    await expect(place.open().take(limit, 'a')).rejects.toMatchObject({ code: 'DOCUMENT_NEWER' });
  });

  it.each(['a directory', 'a link'])('%s in the place of one is refused', async (what) => {
    const path = place.put('');
    rmSync(path);
    if (what === 'a link') symlinkSync('/dev/zero', path);
    else mkdirSync(path);
    await expect(place.open().take(limit, 'a')).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
  });

  it('in a directory that cannot be made allow nothing', async () => {
    writeFileSync(join(place.home, 'store'), '');
    const failure = place.open().take(limit, 'a');
    await expect(failure).rejects.toMatchObject({
      code: expect.stringMatching(/STATE_DIRECTORY|READ_FAILED/),
    });
  });

  it('are refused again without their lock', async () => {
    const store = place.open();
    for (let done = 0; done < 3; done += 1) await store.take(limit, 'a');
    const runner = new LockRunner({ directory: join(place.home, 'locks'), backend: 'flock' });
    const scope = store.documents.scopeOf(bucketName(limit, 'a'));
    await runner.run(scope, {}, async () => {
      expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: false, remaining: 0 });
    });
  });

  it('are allowed again as soon as another process has given back', async () => {
    const store = place.open();
    for (let done = 0; done < 3; done += 1) await store.take(limit, 'a');
    await place.open().refund(limit, 'a');
    expect(await store.take(limit, 'a')).toMatchObject({ isAllowed: true });
  });

  it('are gone when nothing is left in them, and so is what killed writers left', async () => {
    let nowMs = 1_800_000_000_000;
    const store = place.open({ ...systemClock, wallMs: () => nowMs });
    await store.take(limit, 'a');
    nowMs += limit.periodMs;
    expect(await store.sweep()).toMatchObject({ removed: 1, kept: 0 });
    expect(readdirSync(dirname(store.documents.pathOf(bucketName(limit, 'a'))))).toEqual([]);
  });
});
