/** The rate limit among processes, on every backend: nothing is let through twice, and a killed process spoils nothing. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FileRateLimits } from '@holdfast/runtime-stores';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketName } from '../../packages/runtime-stores/src/rate-limit/bucket-key.ts';
import { type LockProcess, startLockProcess } from '../lock/lock-process.ts';
import { counts, isSoak } from '../support/counts.ts';
import type { Backend } from './captcha-token-stores.ts';
import { CaptchaTokenWorld, presentBackends } from './captcha-token-world.ts';
import { burstOfTen, countable, endless, type OpenRateLimits, openRateLimits } from './rate-limit-stores.ts';

const processes = 8;
/** Ends what hangs; a soak takes its time. */
const timeout = isSoak ? 3_600_000 : 60_000;

let world: CaptchaTokenWorld;
const stores = new Map<Backend, OpenRateLimits>();

const start = async (opening: readonly Backend[] = presentBackends): Promise<LockProcess> => {
  const script = '../stores/rate-limit-child.ts';
  const child = await startLockProcess({ directory: world.directory, scope: 'unused', script });
  for (const backend of opening) await child.ask(`open ${backend} ${world.placeOf(backend)}`, 'opened');
  return child;
};

const storeOf = (backend: Backend) => {
  const opened = stores.get(backend);
  if (opened === undefined) throw new Error(`${backend} was not opened`);
  return opened.store;
};

beforeAll(async () => {
  world = await CaptchaTokenWorld.open();
  for (const [backend, place] of world.places) stores.set(backend, await openRateLimits(backend, place));
});

afterAll(async () => {
  for (const opened of stores.values()) await opened[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

describe('eight processes on one key', () => {
  let children: readonly LockProcess[];
  beforeAll(async () => {
    children = await Promise.all(Array.from({ length: processes }, () => start()));
  });
  afterAll(async () => {
    await Promise.all((children ?? []).map((child) => child[Symbol.asyncDispose]()));
  });

  it.each(presentBackends)(
    'are allowed exactly the burst between them on %s',
    { timeout },
    async (backend) => {
      const isOnServer = backend === 'MariaDB';
      const calls = isOnServer && !isSoak ? counts.rateCalls / 4 : counts.rateCalls;
      const command = `storm ${backend} one ${calls}`;
      const allowed = await Promise.all(children.map((child) => child.ask(command, 'allowed')));
      expect(allowed.map(Number).reduce((sum, count) => sum + count)).toBe(burstOfTen.burst);
      expect(await storeOf(backend).take(burstOfTen, 'one')).toMatchObject({
        isAllowed: false,
        remaining: 0,
      });
      expect(await storeOf(backend).take(burstOfTen, 'other')).toMatchObject({ remaining: 9 });
    },
  );
});

describe('a process that is killed while it takes', () => {
  it('has taken what it was answered, and at the most one more', { timeout }, async () => {
    const answered = new Map<Backend, number>();
    for (let round = 1; round <= counts.storeKillRounds; round += 1) {
      const child = await start();
      child.say(`work ${presentBackends.join(' ')}`);
      for (const backend of await killAfter(child, 20 + Math.floor(Math.random() * 50)))
        answered.set(backend, (answered.get(backend) ?? 0) + 1);
      for (const backend of presentBackends) {
        const { remaining } = await storeOf(backend).take(countable, 'all');
        await storeOf(backend).refund(countable, 'all');
        const taken = countable.burst - remaining - 1;
        const known = answered.get(backend) ?? 0;
        expect(taken, `${backend}, round ${round}`).toBeGreaterThanOrEqual(known);
        expect(taken, `${backend}, round ${round}`).toBeLessThanOrEqual(known + 1);
        answered.set(backend, taken);
      }
    }
  });

  it('has left nothing that a sweep leaves', async () => {
    expect(await storeOf('file').sweep()).toMatchObject({ damaged: 0, removed: 0 });
    const names = readdirSync(join(world.directory, 'rate-limit'), { recursive: true }).map(String);
    expect(names.filter((name) => name.includes('holdfast-tmp'))).toEqual([]);
  });
});

describe('one who reads without the lock', () => {
  it('sees no half of a change, however many are made', { timeout }, async () => {
    const { store } = await openRateLimits('file', world.placeOf('file'));
    const { documents } = store as FileRateLimits;
    await store.take(endless, 'read');
    await using child = await start(['file']);
    await child.ask('hammer file read', 'hammering');
    const name = bucketName(endless, 'read');
    const seen = new Set<number>();
    for (let readings = 0; readings < counts.hotReadings; readings += 1) seen.add(documents.read(name) ?? 0);
    expect([seen.has(0), seen.size > counts.hotReadings / 100]).toEqual([false, true]);
  });
});

/** @returns the backends of the answers that it has given, all of them */
async function killAfter(child: LockProcess, lines: number): Promise<readonly Backend[]> {
  const said: Backend[] = [];
  const listen = async () => {
    const [word, backend] = (await child.next()).split(' ');
    if (word === 'taken') said.push(backend as Backend);
  };
  while (said.length < lines) await listen();
  const killed = child.kill();
  try {
    for (;;) await listen();
  } catch {
    await killed; // it has said all that it will
  }
  return said;
}
