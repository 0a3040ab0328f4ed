/** Requests that need the lock for microseconds only: they try again for a moment before they stand in line. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FlockGround, scope } from '../testing/flock-ground.ts';

const ground = new FlockGround();

describe('a brief request', () => {
  const seek = (signal?: AbortSignal) =>
    ground.runner.run(
      scope,
      { waitMs: Infinity, isBrief: true, ...(signal === undefined ? {} : { signal }) },
      () => 'ran',
    );

  it('needs no helper for a lock that is given back soon', async () => {
    const outsider = ground.takeFromOutside();
    const sought = seek();
    for (let turns = 0; turns < 6; turns += 1) await turn(); // twice as many as others try
    expect(ground.helperPids()).toEqual([]);
    ground.giveBack(outsider);
    await expect(sought).resolves.toBe('ran');
    expect(ground.helperPids()).toEqual([]);
  });

  it('stands in line for a lock that is held longer', async () => {
    const outsider = ground.takeFromOutside();
    const sought = seek();
    await ground.kernelWaiters(1);
    ground.giveBack(outsider);
    await expect(sought).resolves.toBe('ran');
  });

  it('that is cancelled between two tries has left nothing', async () => {
    const outsider = ground.takeFromOutside();
    const controller = new AbortController();
    const sought = seek(controller.signal);
    controller.abort(new Error('enough'));
    await expect(sought).rejects.toMatchObject({ code: 'CANCELLED' });
    ground.giveBack(outsider);
    await expect(ground.tryOnce()).resolves.toBe('ran');
  });
});
