/** What every lock does between processes, on Node and Bun: one holder at a time, and whoever waits is served. */
import { describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { Counter } from './counter.ts';
import { lockKinds } from './lock-kind.ts';
import { atOnce, bothRuntimes } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const pairs = bothRuntimes.flatMap((one) => bothRuntimes.map((other) => [one, other] as const));

for (const kind of lockKinds) {
  describe.skipIf(isMissing(...kind.needs))(`exclusion between processes by ${kind.name}`, () => {
    const world = new LockWorld(kind);

    it(
      'keeps a counter exact and no two holds overlapping, Node and Bun together',
      async () => {
        const counter = new Counter(world.base);
        const { counterProcesses, counterRounds } = counts;
        await counter.storm(await world.startMany(counterProcesses));
        counter.expectExactly(counterProcesses * counterRounds);
      },
      isSoak ? 900_000 : 120_000,
    );

    it.each(pairs)('makes %s wait for %s until that gives the lock back', async (later, first) => {
      const [holder, waiter] = await Promise.all([
        world.start({ runtime: first }),
        world.start({ runtime: later }),
      ]);
      await holder.ask('acquire {"purpose":"first"}', 'held');
      await expect(waiter.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
      const { held } = await world.queue(waiter);
      if (kind.waiters !== 'hidden') expect(await world.waiters(1)).toEqual([waiter.pid]);
      expect((await world.runner.who(scope)).holder).toMatchObject({ pid: holder.pid, purpose: 'first' });
      holder.say('release');
      await held;
      expect((await world.runner.who(scope)).holder).toMatchObject({ pid: waiter.pid });
      await waiter.ask('release', 'released');
      expect(await world.traces()).toEqual([]);
    });

    if (!kind.isFair) return;
    it('serves processes in the order they came', async () => {
      const [first, ...others] = await world.startMany(6);
      await first?.ask('acquire', 'held');
      for (const [place, child] of others.entries()) {
        child.say(`take ${world.document} ${place}`);
        await world.waiters(place + 1);
      }
      await first?.ask('release', 'released');
      for (const child of others) {
        await child.hear('published');
        await child.ask('release', 'released');
      }
      expect(world.published()).toEqual(others.map((_, place) => String(place)));
    });
  });
}
