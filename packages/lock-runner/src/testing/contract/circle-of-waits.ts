/** Holders that wait for each other. */
import { describe, expect, it } from 'vitest';
import { gate } from '../gate.ts';
import { until } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

export function describeCircleOfWaits(world: ContractWorld): void {
  describe('a circle of waits', () => {
    it('is refused to the one who would close it, with the places of both', async () => {
      const runner = world.createRunner();
      const [a, b] = [`${world.scope}:a`, `${world.scope}:b`];
      const isWaiting = async () => (await runner.who(b)).waiters.length === 1;
      const holdsB = gate();
      const first = runner.run(a, {}, async () => {
        await holdsB.opened;
        return runner.run(b, { waitMs: Number.POSITIVE_INFINITY }, () => 'both');
      });
      const second = runner.run(b, {}, async () => {
        holdsB.open();
        await until(isWaiting);
        return runner.run(a, { waitMs: Number.POSITIVE_INFINITY }, () => 'never');
      });
      const error = await second.catch((caught) => caught);
      expect(error).toMatchObject({ code: 'LOCK_CYCLE', details: { scope: a, holds: b } });
      expect(error.details.lockedAt.join('\n')).toContain('circle-of-waits.ts');
      expect(error.details.circle).toEqual([{ waitsFor: b, waitsAt: expect.any(Array) }]);
      await expect(first).resolves.toBe('both');
    });

    it('is found through a third chain', async () => {
      const runner = world.createRunner();
      const names = ['a', 'b', 'c'].map((name) => `${world.scope}:${name}`);
      const [a = '', b = '', c = ''] = names;
      const waits = async (name: string) => (await runner.who(name)).waiters.length === 1;
      const everyHold = [gate(), gate(), gate()];
      const hold = (place: number, then: () => Promise<string>) =>
        runner.run(names[place] ?? '', {}, async () => {
          everyHold[place]?.open();
          for (const one of everyHold) await one.opened;
          return then();
        });
      const forever = { waitMs: Number.POSITIVE_INFINITY };
      const first = hold(0, () => runner.run(b, forever, () => 'first'));
      const second = hold(1, () => runner.run(c, forever, () => 'second'));
      const third = hold(2, async () => {
        await until(async () => (await waits(b)) && (await waits(c)));
        return runner.run(a, forever, () => 'third');
      });
      await expect(third).rejects.toMatchObject({ code: 'LOCK_CYCLE' });
      await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
    });

    it('is none while the others only wait for the same lock', async () => {
      const runner = world.createRunner();
      const other = await runner.acquire(`${world.scope}:b`);
      const both = ['x', 'y'].map((name) =>
        runner.run(`${world.scope}:${name}`, {}, () => runner.run(`${world.scope}:b`, {}, () => name)),
      );
      await until(async () => (await runner.who(`${world.scope}:b`)).waiters.length === 2);
      await other.release();
      await expect(Promise.all(both)).resolves.toEqual(['x', 'y']);
    });
  });
}
