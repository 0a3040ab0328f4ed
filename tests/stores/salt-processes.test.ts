/** One salt for several processes: whoever finds it due rotates it, once; and what a limiter knows outlives the rotation. */
import { FileSaltStore, IpSalt, SaltedRateLimits, saltLabel } from '@holdfast/runtime-stores';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loginLimit, StewardWorld } from '../../packages/runtime-stores/src/testing/steward-world.ts';
import { runStore } from './state-command.ts';

const hour = 3_600_000;
let world: StewardWorld;
beforeEach(() => {
  world = new StewardWorld();
});
afterEach(() => world[Symbol.dispose]());

describe('processes that need a salt', () => {
  it('make one together, and rotate it once when it is due', async () => {
    const first = await Promise.all([1, 2, 3, 4].map(() => runStore(world.home, 'rotate', '0')));
    expect(new Set(first.map(({ current }) => current)).size).toBe(1);
    const later = await Promise.all([1, 2, 3].map(() => runStore(world.home, 'rotate', String(169 * hour))));
    expect(new Set(later.map(({ current }) => current)).size).toBe(1);
    expect(later.every(({ previous }) => previous === first[0].current)).toBe(true);
  });
});

describe('a limiter whose keys are salted', () => {
  const schedule = { rotateEveryMs: 48 * hour, overlapMs: hour };
  const salted = () => {
    const { runner, clock, directory } = world;
    const store = new FileSaltStore({ directory: `${directory}/salt`, runner, clock });
    return new SaltedRateLimits(world.limits, new IpSalt({ store, schedule, clock, rememberMs: 0 }));
  };

  it('gives nobody a fresh bucket by a rotation', async () => {
    const limits = salted();
    for (let call = 0; call < 10; call += 1) await limits.take(loginLimit, '192.0.2.7');
    world.aheadMs = 48 * hour - 1_000; // a bucket fills in a minute: spend it right before the rotation
    for (let call = 0; call < 10; call += 1)
      expect((await limits.take(loginLimit, '192.0.2.7')).isAllowed).toBe(true);
    world.aheadMs = 48 * hour + 1_000;
    const [after, other] = [
      await limits.take(loginLimit, '192.0.2.7'),
      await limits.take(loginLimit, '192.0.2.8'),
    ];
    expect([after.isAllowed, other.isAllowed]).toEqual([false, true]);
  });

  it('knows under the new salt alone what was charged under both', async () => {
    const limits = salted();
    await limits.take(loginLimit, '192.0.2.7');
    world.aheadMs = 48 * hour + 1_000;
    for (let call = 0; call < 3; call += 1) await limits.take(loginLimit, '192.0.2.7');
    world.aheadMs += hour - 20_000; // near the end of the overlap
    for (let call = 0; call < 10; call += 1) await limits.take(loginLimit, '192.0.2.7');
    world.aheadMs += 20_000;
    const { isAllowed, remaining } = await limits.take(loginLimit, '192.0.2.7');
    // 3 of 10 came back in 20 s; without the charges under the new salt there would be 9 left.
    expect([isAllowed, remaining < 4]).toEqual([true, true]);
  });

  it('forgets everything with a salt that somebody resets, and the old key for good', async () => {
    const limits = salted();
    await limits.take(loginLimit, '192.0.2.7', 10);
    const before = await world.salt.current();
    const steward = world.steward('salt:ip');
    const [document] = await Array.fromAsync(steward.area.documents());
    if (document === undefined) throw new Error('there is no salt');
    await steward.attend([{ document, reason: steward.reasonOf('manual', document) }], { mode: 'apply' });
    const after = await world.salt.current();
    expect(saltLabel(after.current.secret)).not.toBe(saltLabel(before.current.secret));
    expect(after.previous).toBeUndefined();
    expect((await limits.take(loginLimit, '192.0.2.7', 10)).isAllowed).toBe(true);
  });
});
