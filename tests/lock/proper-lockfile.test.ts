/** The lockfile backend beside programs that use proper-lockfile itself: each is kept out by the other, and robbed by none. */
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lockfile } from './lock-kind.ts';
import { atOnce, bothRuntimes, type LockProcess, withoutLimit } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const world = new LockWorld(lockfile);
/** A lease that a test can wait for. */
const shortLeaseMs = 600;
const takeOver = 'lock {"stale":2000,"retries":{"retries":100,"minTimeout":100,"maxTimeout":100}}';

function startPeer(): Promise<LockProcess> {
  return world.start({ script: 'lockfile-peer.ts' });
}

const claim = () => world.service.claimOf(world.directory, scope);
const renewed = (times: number) => world.service.renewed(world.directory, scope, times);

describe('a program that uses proper-lockfile itself', () => {
  it.each(bothRuntimes)(
    'is kept out while a hold on %s lasts, longer than its threshold',
    async (runtime) => {
      const [holder, peer] = await Promise.all([world.start({ runtime }), startPeer()]);
      await holder.ask('acquire', 'held');
      for (let round = 0; round < 3; round += 1) {
        await expect(peer.ask('lock {"stale":2000}', 'error')).resolves.toBe('ELOCKED');
        await renewed(1);
      }
      await expect(peer.ask('lock {"stale":2000}', 'error')).resolves.toBe('ELOCKED');
      await holder.ask('release', 'released');
      await peer.ask('lock', 'locked');
      await peer.ask('unlock', 'unlocked');
    },
  );

  it.each(bothRuntimes)('keeps %s out while it holds, longer than a lease', async (runtime) => {
    const [peer, waiter] = await Promise.all([startPeer(), world.start({ runtime, leaseMs: shortLeaseMs })]);
    mkdirSync(world.directory, { mode: 0o700 });
    await peer.ask('lock {"update":1000,"stale":2000}', 'locked');
    const patient = await world.start({ runtime, leaseMs: 2_000 });
    await expect(waiter.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
    await patient.ask(withoutLimit, 'waiting');
    await renewed(3); // three times its claim was renewed before a lease had passed
    const { holder } = await world.runner.who(scope);
    expect(holder).toMatchObject({ pid: 0, purpose: expect.any(String) });
    await peer.ask('unlock', 'unlocked');
    await patient.hear('held');
    await expect(peer.ask('lock', 'error')).resolves.toBe('ELOCKED');
  });

  it('takes over what a killed holder left, by its own rule', async () => {
    const [holder, peer] = await Promise.all([world.start(), startPeer()]);
    await holder.ask('acquire', 'held');
    await holder.kill();
    await peer.ask(takeOver, 'locked');
  });

  it.each(bothRuntimes)('that was killed is succeeded by %s after a lease', async (runtime) => {
    const [peer, waiter] = await Promise.all([startPeer(), world.start({ runtime, leaseMs: shortLeaseMs })]);
    mkdirSync(world.directory, { mode: 0o700 });
    await peer.ask('lock', 'locked');
    await peer.kill();
    await waiter.ask(withoutLimit, 'waiting');
    await waiter.hear('held');
  });

  it('that takes the claim of a stopped holder is not robbed of it, neither by release nor at exit', async () => {
    const [holder, peer] = await Promise.all([world.start(), startPeer()]);
    await holder.ask('acquire', 'held');
    await holder.stop();
    await peer.ask(takeOver, 'locked');
    holder.resume();
    expect(await holder.ask('lost', 'lost')).toBe('LOCK_LOST');
    const before = claim();
    await holder.ask('release', 'released');
    process.kill(holder.pid, 'SIGTERM');
    await holder.ended;
    expect(claim()).toBe(before);
    await peer.ask('unlock', 'unlocked');
  });
});
