/** Resets of stores that are killed in the middle, and sweeps beside processes that write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentsOf, StewardWorld } from '../../packages/runtime-stores/src/testing/steward-world.ts';
import { counts } from '../support/counts.ts';
import { runState, runStore } from './state-command.ts';

let world: StewardWorld;
beforeEach(async () => {
  world = new StewardWorld();
  await world.fill();
});
afterEach(() => world[Symbol.dispose]());

/** The salt, and the counters whose keys it makes. */
async function present({ directory, steward }: StewardWorld) {
  const counters = await documentsOf(steward('rate-limit').area);
  return {
    salt: readFileSync(join(directory, 'salt/ip.json'), 'utf8'),
    counters: counters.map(({ path }) => readFileSync(path, 'utf8')),
  };
}

/** Spread over all of them, the last one included. */
function spread(total: number, count: number): readonly number[] {
  const kills = Math.min(total, count);
  return Array.from({ length: kills }, (_, place) => Math.ceil(((place + 1) * total) / kills));
}

describe('a reset of the salt with its counters', () => {
  it('that is killed after any effect is completed or never was, and can be undone', async () => {
    const { effects } = await runStore(world.home, 'reset', 'salt:ip');
    const outcomes: boolean[] = [];
    for (const effect of spread(effects, counts.storeResetKills)) {
      using round = new StewardWorld();
      await round.fill();
      const before = await present(round);
      expect(await runStore(round.home, 'reset', 'salt:ip', String(effect))).toBeUndefined();
      expect((await runState(round.home, 'sweep')).status).toBe(0);
      const after = await present(round);
      const isDone = after.salt !== before.salt;
      outcomes.push(isDone);
      expect(after.counters).toEqual(isDone ? [] : before.counters);
      const left = readdirSync(round.directory, { recursive: true, encoding: 'utf8' });
      expect(left.filter((name) => /\.disposable|\/new-\d+$|\.holdfast-tmp$/.test(name))).toEqual([]);
      const { resets } = round.stores();
      const [made, ...others] = await resets.list();
      expect([made?.status, others]).toEqual([isDone ? 'undoable' : undefined, []]);
      if (made !== undefined) await resets.undo(made.id, {});
      expect(await present(round)).toEqual(before);
    }
    expect(outcomes.at(-1)).toBe(true);
  });

  it('excludes every other one: of several at once each is whole', async () => {
    const answers = await Promise.all([1, 2].map(() => runState(world.home, 'reset', 'salt:ip')));
    expect(answers.map(({ status }) => status)).toEqual([0, 0]);
    const resets = await world.stores().resets.list();
    expect(resets.map(({ status }) => status)).toEqual(['undoable', 'undoable']);
  });
});

describe('a sweep', () => {
  it('beside eight processes that write loses none of their decisions', async () => {
    const writers = Promise.all(
      Array.from({ length: 8 }, () => runStore(world.home, 'take', String(counts.storeDecisions))),
    );
    const sweeps = [];
    for (let round = 0; round < 2; round += 1) sweeps.push((await runState(world.home, 'sweep')).status);
    const answers: readonly { readonly allowed: number }[] = await writers;
    expect(answers.reduce((sum, { allowed }) => sum + allowed, 0)).toBe(10);
    expect(sweeps).toEqual([0, 0]);
    const { body } = await runState(world.home, 'sweep');
    // What is left: the bucket of everybody, and the one that the world was filled with.
    expect(body.areas[0]).toMatchObject({ area: 'rate-limit', damaged: 0, kept: 2 });
  });
});
