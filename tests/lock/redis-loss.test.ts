/** Redis locks whose holder is stopped for a while or whose server dies. */
import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { redis } from './lock-kind.ts';
import { atOnce, bothRuntimes } from './lock-process.ts';
import { LockWorld } from './lock-world.ts';

/** Short, and long enough for a busy machine to renew. */
const shortLeaseMs = 1_000;

describe.skipIf(isMissing('redis'))('the redis lock', () => {
  const world = new LockWorld(redis);

  it.each(bothRuntimes)(
    'of a holder on %s that is stopped for less than its lease stays its own',
    async (runtime) => {
      const [holder, other] = await Promise.all([world.start({ runtime }), world.start()]);
      await holder.ask('acquire', 'held');
      await holder.stop();
      await expect(other.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
      holder.resume();
      await holder.ask(`publish ${world.document} mine`, 'published');
      expect(world.published()).toEqual(['mine']);
    },
  );

  it.each(bothRuntimes)(
    'is lost to a holder on %s when the server dies, and goes on when it is back',
    async (runtime) => {
      const holder = await world.start({ runtime, leaseMs: shortLeaseMs });
      await holder.ask('acquire', 'held');
      const older = Number(await holder.ask('fence', 'fence'));
      await world.service.server.kill();
      expect(await holder.ask('lost', 'lost')).toBe('LOCK_LOST');
      await expect(holder.ask(`publish ${world.document} old`, 'error')).resolves.toBe('LOCK_LOST');
      await holder.ask('release', 'released');
      await expect(holder.ask(atOnce, 'error')).resolves.toBe('LOCK_SERVER');
      await world.service.restart();
      await holder.ask(`take ${world.document} new`, 'published');
      expect(Number(await holder.ask('fence', 'fence'))).toBeGreaterThan(older);
      expect(world.published()).toEqual(['new']);
    },
  );
});
