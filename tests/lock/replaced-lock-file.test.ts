/** Lock files that somebody removes or replaces while processes use them. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { Counter } from './counter.ts';
import { helperNames } from './flock-with.ts';
import { flock } from './lock-kind.ts';
import { atOnce, bothRuntimes } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const pairs = bothRuntimes.flatMap((one) => bothRuntimes.map((other) => [one, other] as const));
const world = new LockWorld(flock);

describe('generations', () => {
  it.each(pairs)('refuse %s a publish after %s took over the removed lock file', async (first, second) => {
    const [older, newer] = await Promise.all([
      world.start({ runtime: first }),
      world.start({ runtime: second }),
    ]);
    await older.ask('acquire', 'held');
    await older.ask('fence', 'fence');
    rmSync(world.path);
    await newer.ask(atOnce, 'held');
    await newer.ask('fence', 'fence');
    await newer.ask(`publish ${world.document} new`, 'published');
    await expect(older.ask(`publish ${world.document} old`, 'error')).resolves.toBe('LOCK_LOST');
    await older.ask('release', 'released');
    await expect(older.ask(`publish ${world.document} old`, 'error')).resolves.toBe('LOCK_RELEASED');
    expect(world.published()).toEqual(['new']);
  });
});

describe('lock files that are kept open', () => {
  it(
    'keep a counter exact while somebody removes and replaces the file between holds',
    async () => {
      const counter = new Counter(world.base);
      const { counterRounds, counterProcesses } = counts;
      const children = await world.startMany(counterProcesses, (place) => ({
        backend: { kind: 'flock', helper: helperNames[place % helperNames.length] ?? 'perl' },
      }));
      let isRunning = true;
      const storm = counter.storm(children).finally(() => {
        isRunning = false;
      });
      let replaced = 0;
      for (; isRunning; replaced += 1) {
        // Inside a hold of its own, so between those of the others.
        await world.runner.run(scope, { waitMs: Number.POSITIVE_INFINITY }, () => {
          if (replaced % 2 === 0) return rmSync(world.path);
          writeFileSync(`${world.path}.new`, '');
          renameSync(`${world.path}.new`, world.path);
        });
        for (let turns = 0; turns < 20; turns += 1) await turn();
      }
      await storm;
      expect(replaced).toBeGreaterThan(10);
      counter.expectExactly(counterProcesses * counterRounds);
    },
    isSoak ? 600_000 : 60_000,
  );
});
