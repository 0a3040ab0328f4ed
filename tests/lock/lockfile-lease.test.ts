/** A holder of a lock file that is stopped past its lease, with a successor that cannot see whether it lives. */
import { beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { lockfile } from './lock-kind.ts';
import { atOnce, type LockProcess, otherPids, withoutLimit } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

/** A lease that a test can wait for. The holder's own is as long. */
const leaseMs = 600;

describe.skipIf(isMissing('root', 'unshare'))('a holder that is stopped past its lease', () => {
  const world = new LockWorld(lockfile);
  let older: LockProcess;
  let newer: LockProcess;

  beforeEach(async () => {
    [older, newer] = await Promise.all([
      world.start({ leaseMs }),
      world.start({ leaseMs, through: otherPids }),
    ]);
    await older.ask('acquire', 'held');
  });

  const claim = () => world.service.claimOf(world.directory, scope);

  /** Stops the older one until the newer one has the lock. */
  async function overtake(): Promise<void> {
    await older.stop();
    await newer.ask(withoutLimit, 'waiting');
    await newer.hear('held');
  }

  /** Three leases pass, in which this waiter is not let in. */
  async function threeLeasesIn(waiter: LockProcess): Promise<void> {
    await waiter.ask(`acquire {"waitMs":${3 * leaseMs}}`, 'waiting');
    await expect(waiter.hear('error')).resolves.toBe('LOCK_BUSY');
  }

  it('inside its publish keeps the successor out until it has published', async () => {
    await older.ask('fence', 'fence');
    older.say(`stall ${world.document} older`);
    await older.stopped();
    await threeLeasesIn(newer);
    expect(world.published()).toEqual([]);
    older.resume();
    await older.hear('published');
    expect(world.published()).toEqual(['older']);
    await older.ask('release', 'released');
    await newer.ask(atOnce, 'held');
    await newer.ask(`publish ${world.document} newer`, 'published');
    expect(world.published()).toEqual(['older', 'newer']);
  });

  it('learns that it has lost, and takes nothing from its successor, neither by release nor at exit', async () => {
    await overtake();
    older.resume();
    expect(await older.ask('lost', 'lost')).toBe('LOCK_LOST');
    const before = claim();
    await older.ask('release', 'released');
    process.kill(older.pid, 'SIGTERM');
    await older.ended;
    expect(claim()).toBe(before);
    await expect(newer.ask('signal', 'signal')).resolves.toBe('fine');
    await newer.ask('release', 'released');
    expect(await world.traces()).toEqual([]);
  });

  it('takes nothing at exit when it never learnt that it has lost', async () => {
    await overtake();
    const before = claim();
    process.kill(older.pid, 'SIGTERM'); // delivered when it goes on, before any of its timers
    older.resume();
    await older.ended;
    expect(claim()).toBe(before);
    await expect(newer.ask('signal', 'signal')).resolves.toBe('fine');
  });

  it('goes on when nobody came in between', async () => {
    const neighbour = await world.start();
    await older.stop();
    await threeLeasesIn(neighbour);
    older.resume();
    await world.service.renewed(world.directory, scope, 1);
    await expect(older.ask('signal', 'signal')).resolves.toBe('fine');
    await older.ask(`publish ${world.document} older`, 'published');
  });

  it('is not taken for dead by a process that can see that it lives', async () => {
    const neighbour = await world.start({ leaseMs });
    await older.stop();
    await threeLeasesIn(neighbour);
    older.resume();
    await older.ask('release', 'released');
    await neighbour.ask(atOnce, 'held');
  });
});
