import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../tests/support/random-runs.ts';
import { ResourceMutex } from './resource-mutex.ts';

describe('a resource mutex', () => {
  it('lets one in at a time, in the order in which they came, and keeps nothing when idle', async () => {
    const mutex = new ResourceMutex();
    const order: number[] = [];
    let inside = 0;
    const turns = Array.from({ length: 20 }, (_turn, place) =>
      mutex.run(['task:1'], async () => {
        inside += 1;
        expect(inside).toBe(1);
        await Promise.resolve();
        order.push(place);
        inside -= 1;
      }),
    );
    await Promise.all(turns);
    expect(order).toEqual(Array.from({ length: 20 }, (_turn, place) => place));
    expect(mutex.busyKeys).toEqual([]);
  });

  it('keeps different resources apart', async () => {
    const mutex = new ResourceMutex();
    const gate = Promise.withResolvers<void>();
    const slow = mutex.run(['task:1'], () => gate.promise);
    expect(await mutex.run(['task:2'], async () => 'free')).toEqual({ kind: 'had', result: 'free' });
    gate.resolve();
    await slow;
  });

  it('refuses at once when its queue is full, for one resource as for several', async () => {
    const mutex = new ResourceMutex({ most: 2, waitMs: 60_000 });
    const gate = Promise.withResolvers<void>();
    const inside = [1, 2].map(() => mutex.run(['task:1'], () => gate.promise));
    const waits = new Promise((resolve) => setImmediate(resolve, 'it waits'));
    for (const keys of [['task:1'], ['task:2', 'task:1']]) {
      const refused = mutex.run(keys, async () => 'had');
      expect(await Promise.race([refused, waits])).toEqual({ kind: 'busy' });
    }
    gate.resolve();
    await Promise.all(inside);
    expect(mutex.busyKeys).toEqual([]);
  });

  it('refuses whose turn does not come in time', async () => {
    const mutex = new ResourceMutex({ waitMs: 1 });
    const gate = Promise.withResolvers<void>();
    const holder = mutex.run(['task:1'], () => gate.promise);
    expect(await mutex.run(['task:1'], async () => 'never')).toEqual({ kind: 'busy' });
    gate.resolve();
    await holder;
    expect(mutex.busyKeys).toEqual([]);
  });

  it('gives its turn back when the work fails', async () => {
    const mutex = new ResourceMutex();
    await expect(mutex.run(['task:1'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await mutex.run(['task:1'], async () => 'free')).toMatchObject({ result: 'free' });
    expect(mutex.busyKeys).toEqual([]);
  });

  it('never lets two who want several resources wait for each other', async () => {
    const keys = fc.uniqueArray(fc.constantFrom('task:1', 'task:2', 'task:3', 'project:1'), { minLength: 1 });
    const property = fc.asyncProperty(fc.array(keys, { maxLength: 12 }), async (all) => {
      const mutex = new ResourceMutex({ waitMs: 10_000 });
      const inside: string[] = [];
      const turns = all.map((wanted) =>
        mutex.run(wanted, async () => {
          inside.push(...wanted);
          expect(new Set(inside).size).toBe(inside.length);
          await Promise.resolve();
          inside.splice(0, inside.length, ...inside.filter((key) => !new Set<string>(wanted).has(key)));
        }),
      );
      const had = await Promise.all(turns);
      expect(had.filter(({ kind }) => kind !== 'had')).toEqual([]);
      expect(mutex.busyKeys).toEqual([]);
    });
    await fc.assert(property, { numRuns: randomRuns(100) });
  });
});
