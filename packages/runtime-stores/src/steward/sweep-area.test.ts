/** What is due in an area by itself, beside a clock that moves on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attendAll, StewardWorld } from '../testing/steward-world.ts';
import { sweepArea } from './sweep-area.ts';

let world: StewardWorld;
beforeEach(async () => {
  world = new StewardWorld();
  await world.fill();
});
afterEach(() => world[Symbol.dispose]());

describe('a sweep of an area', () => {
  const day = 86_400_000;
  const options = { waitMs: 2_000, keepResetsMs: 30 * day };

  it('removes what has expired and resets that are old, and leaves what is damaged', async () => {
    world.spoil(await world.firstDocument('token:panel', 'families'), 'empty');
    const steward = world.steward('token:panel');
    await attendAll(steward);
    world.spoil(await world.firstDocument('token:panel', 'users'), 'empty');
    const { resets } = world.stores();
    expect(await sweepArea(steward, resets, options)).toMatchObject({ damaged: 1, pruned: 0 });
    world.aheadMs = 31 * day;
    const swept = await sweepArea(steward, resets, options);
    expect(swept).toMatchObject({ removed: 1, kept: 0, damaged: 1, pruned: 1, rotated: false });
    expect(await resets.list()).toEqual([]);
  });

  it('rotates a salt that is due, and nothing else of it', async () => {
    const { resets } = world.stores();
    const steward = world.steward('salt:ip');
    expect(await sweepArea(steward, resets, options)).toMatchObject({ rotated: false, kept: 1 });
    world.aheadMs = 7 * day;
    expect(await sweepArea(steward, resets, options)).toMatchObject({ rotated: true, kept: 1, damaged: 0 });
  });
});
