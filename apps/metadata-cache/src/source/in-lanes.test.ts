/** Work in lanes: order, width, and that nothing goes on after a failure has been told. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inLanes } from './in-lanes.ts';

it('results come in the order of the items, a few at a time', async () => {
  let atOnce = 0;
  let most = 0;
  const results = await inLanes([5, 1, 4, 2, 3], 2, async (item) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    for (let turns = 0; turns < item; turns += 1) await turn();
    atOnce -= 1;
    return item * 10;
  });
  expect([results, most]).toEqual([[50, 10, 40, 20, 30], 2]);
});

it('a failure is told when what was under way has ended, and begins nothing more', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 1) throw new Error('no');
    for (let turns = 0; turns < 5; turns += 1) await turn();
    ended.push(item);
  };
  await expect(inLanes([0, 1, 2, 3], 2, work)).rejects.toThrow('no');
  expect([begun, ended]).toEqual([[0, 1], [0]]);
});
