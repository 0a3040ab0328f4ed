/** A hold that is not the newest any more publishes nothing and takes nothing from its successor. */
import { existsSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { type Held, systemClock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LockfileGround, leaseMs, scope } from '../testing/lockfile-ground.ts';

const lost = expect.objectContaining({ code: 'LOCK_LOST' });
const ground = new LockfileGround();

describe('a hold whose claim was taken', () => {
  let held: Held;
  let successor: number;

  beforeEach(async () => {
    held = await ground.createRunner({}, systemClock).acquire(scope);
    successor = ground.takeOver();
  });

  afterEach(async () => {
    await held.release();
    expect(statSync(ground.claim).ino).toBe(successor);
    expect(ground.losses).toEqual(['LOCK_LOST']);
  });

  it('publishes nothing', () => {
    const step = vi.fn();
    expect(() => held.publish(step)).toThrow(lost);
    expect(step).not.toHaveBeenCalled();
    expect(held.signal.reason).toEqual(lost);
  });

  it('is allotted no generation', async () => {
    await expect(held.fence()).rejects.toEqual(lost);
    expect(existsSync(ground.fence)).toBe(false);
  });

  it('learns of it by its next renewal', async () => {
    const told = Promise.withResolvers<void>();
    held.signal.addEventListener('abort', () => told.resolve());
    await told.promise;
    expect(held.signal.reason).toEqual(lost);
  });

  it('learns of it at its release at the latest, and takes nothing from its successor', async () => {
    await held.release();
    expect(ground.losses).toEqual(['LOCK_LOST']);
  });
});

it('a hold whose claim was removed is lost as well', async () => {
  const held = await ground.createRunner().acquire(scope);
  rmdirSync(ground.claim);
  expect(() => held.publish(() => 'published')).toThrow(lost);
  await held.release();
  expect(ground.losses).toEqual(['LOCK_LOST']);
});

it('a hold over a network whose lease has run out publishes nothing, though its claim is there', async () => {
  const held = await ground.createRunner({ reach: 'network' }).acquire(scope);
  ground.monotonicMs += leaseMs;
  const step = vi.fn();
  expect(() => held.publish(step)).toThrow(lost);
  expect(step).not.toHaveBeenCalled();
  expect(existsSync(ground.claim)).toBe(true);
  await held.release();
  expect(existsSync(ground.claim)).toBe(false);
});

it('a hold with an older generation publishes nothing, though its claim is there', async () => {
  const older = await ground.createRunner().acquire(scope);
  const fence = await older.fence();
  writeFileSync(ground.fence, `${fence + 1}\n`);
  expect(() => older.publish(() => 'published')).toThrow(lost);
  await older.release();
});
