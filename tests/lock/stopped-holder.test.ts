/**
 * Holders that are stopped until somebody else has the lock, at each step of a publish: nothing of theirs lands after what
 * their successor has published, and nothing is taken from it.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isMissing, type Need } from '../support/needs.ts';
import { type LockKind, lockfile, mysql, redis } from './lock-kind.ts';
import { bothRuntimes, otherPids } from './lock-process.ts';
import type { LockService } from './lock-service.ts';
import { LockWorld, type StartOptions, scope } from './lock-world.ts';

interface Successor extends StartOptions {
  readonly where: 'this host' | 'another host';
  /** Lease of the holder that it succeeds. */
  readonly olderLeaseMs: number;
}

interface Ground<Service extends LockService> {
  readonly kind: LockKind<Service>;
  readonly needs: readonly Need[];
  readonly successors: readonly [Successor, ...Successor[]];
  /** What takes the lock from a process that is stopped, where it is not the end of its lease. */
  readonly takeAway?: (service: Service) => Promise<void>;
  /** The hold, as what they lock on knows it. */
  readonly holdOf: (world: LockWorld<Service>) => unknown;
  /** Resolves when somebody else than `older` has the lock and may not publish yet. Absent where nobody can have it then. */
  readonly standsOutside?: (world: LockWorld<Service>, older: unknown) => Promise<void>;
}

describeStoppedHolder({
  kind: lockfile,
  needs: ['root', 'unshare'],
  successors: [{ where: 'this host', olderLeaseMs: 600, leaseMs: 600, through: otherPids }],
  holdOf: ({ service, directory }) => service.claimOf(directory, scope),
});

describeStoppedHolder({
  kind: mysql,
  needs: mysql.needs,
  successors: [
    { where: 'this host', olderLeaseMs: 15_000 }, // so that only what is on the disk can tell
    { where: 'another host', olderLeaseMs: 1_000, host: 'elsewhere' },
  ],
  takeAway: (service) => service.endConnectionOfOwner(scope),
  holdOf: ({ service }) => service.ownerOf(scope),
  standsOutside: async ({ service }) => {
    while ((await service.ownerOf(scope)) === undefined) await turn();
    for (let looks = 0; looks < 20; looks += 1) await turn();
  },
});

describeStoppedHolder({
  kind: redis,
  needs: redis.needs,
  successors: [
    { where: 'this host', olderLeaseMs: 1_000 },
    { where: 'another host', olderLeaseMs: 1_000, host: 'elsewhere' },
  ],
  holdOf: ({ service }) => service.tokenOf(scope),
  standsOutside: ({ service }, older) => service.renewedByAnother(scope, older),
});

function describeStoppedHolder<Service extends LockService>(ground: Ground<Service>): void {
  const { kind, needs, successors, takeAway, holdOf, standsOutside } = ground;
  const cases = successors.flatMap((successor) =>
    ['with', 'without'].map((how) => ({ ...successor, how, successor })),
  );

  describe.skipIf(isMissing(...needs)).each(bothRuntimes)(
    `a ${kind.name} holder on %s that is stopped`,
    (runtime) => {
      const world = new LockWorld(kind);
      const startBoth = ({ where: _where, olderLeaseMs, ...newer }: Successor) =>
        Promise.all([world.start({ runtime, leaseMs: olderLeaseMs }), world.start(newer)]);

      it.each(cases)(
        'before its publish publishes nothing, $how a generation, after a successor on $where',
        async ({ how, where, olderLeaseMs, successor }) => {
          const [older, newer] = await startBoth(successor);
          await older.ask('acquire', 'held');
          const fence = how === 'with' ? Number(await older.ask('fence', 'fence')) : 0;
          older.say(`pause ${world.document} old`);
          await older.stopped();
          const stoppedMs = performance.now();
          await takeAway?.(world.service);
          await newer.ask(`take ${world.document} new`, 'published');
          expect(Number(await newer.ask('fence', 'fence'))).toBeGreaterThan(fence);
          const hold = await holdOf(world);
          // Elsewhere nothing but the deadline can tell it.
          while (where === 'another host' && performance.now() - stoppedMs < olderLeaseMs + 100) await turn();
          older.resume();
          expect(await older.hear('error')).toBe('LOCK_LOST');
          expect(await older.ask('lost', 'lost')).toBe('LOCK_LOST');
          expect(await older.ask('fence', 'error')).toBe('LOCK_LOST');
          await older.ask('release', 'released');
          expect(await holdOf(world)).toEqual(hold);
          await newer.ask(`publish ${world.document} newer`, 'published');
          expect(world.published()).toEqual(['new', 'newer']);
          await newer.ask('release', 'released');
        },
      );

      it('after its publish publishes nothing more', async () => {
        const [older, newer] = await startBoth(successors[0]);
        await older.ask('acquire', 'held');
        await older.ask(`publish ${world.document} old`, 'published');
        await older.stop();
        await takeAway?.(world.service);
        await newer.ask(`take ${world.document} new`, 'published');
        older.resume();
        expect(await older.ask('lost', 'lost')).toBe('LOCK_LOST');
        expect(await older.ask(`publish ${world.document} late`, 'error')).toBe('LOCK_LOST');
        expect(world.published()).toEqual(['old', 'new']);
        await newer.ask('release', 'released');
      });

      if (standsOutside === undefined) return;
      it('inside its publish keeps its successor from publishing until that has landed', async () => {
        const { olderLeaseMs } = successors[0];
        const [older, newer] = await startBoth({ ...successors[0], leaseMs: olderLeaseMs });
        await older.ask('acquire', 'held');
        const before = await holdOf(world);
        older.say(`stall ${world.document} old`);
        await older.stopped();
        await takeAway?.(world.service);
        newer.say(`take ${world.document} new`);
        await standsOutside(world, before);
        const hold = await holdOf(world);
        expect(hold).not.toEqual(before);
        expect(world.published()).toEqual([]);
        older.resume();
        await older.hear('published');
        await newer.hear('published');
        expect(await older.ask(`publish ${world.document} late`, 'error')).toBe('LOCK_LOST');
        await older.ask('release', 'released');
        expect(await holdOf(world)).toEqual(hold);
        expect(world.published()).toEqual(['old', 'new']);
        await newer.ask('release', 'released');
      });
    },
  );
}
