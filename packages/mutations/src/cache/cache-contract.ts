/** What is kept is never older than the last change that was committed before the read, whoever made it. */
import { describe, expect, it } from 'vitest';
import { bumpTags, readResource, TagCache } from '../index.ts';
import type { MakeDatabase } from '../testing/engines.ts';
import { ana, edit, type TaskWorld, taskKind } from '../testing/task-world.ts';
import { useTasks } from '../testing/use-tasks.ts';

interface Read {
  readonly version: number;
  readonly title: string;
}

export function cacheContract(name: string, make: MakeDatabase): void {
  describe(`a cached read on ${name}`, () => {
    const { world, another } = useTasks(make);
    const gate = () => Promise.withResolvers<void>();
    const setUp = () => {
      const cache = new TagCache({ truth: world().truth });
      return { cache, read: (reading = task(world())) => cache.read(reading) };
    };

    it('asks once for what nobody changes', async () => {
      const { cache, read } = setUp();
      await read();
      expect(await read()).toEqual({ version: 1, title: 'Milk' });
      expect(cache.counts).toEqual({ hits: 1, fills: 1, joined: 0, overtaken: 0 });
    });

    it('sees every change that was committed before it, of its own process', async () => {
      const { read } = setUp();
      await read();
      await world().change(edit({ title: 'Oat milk' }));
      expect(await read()).toEqual({ version: 2, title: 'Oat milk' });
    });

    it('sees every change that was committed before it, of another process', async () => {
      const { read } = setUp();
      const other = another();
      await read();
      for (let version = 1; version <= 5; version += 1) {
        await other.change(edit({ title: `title ${version}` }, { version }));
        expect(await read()).toEqual({ version: version + 1, title: `title ${version}` });
        expect(await read()).toEqual({ version: version + 1, title: `title ${version}` });
      }
    });

    it('that is overtaken by a change in the middle is not kept, and nobody who comes later joins it', async () => {
      const { cache, read } = setUp();
      const [hasRead, mayGoOn] = [gate(), gate()];
      const slow = read({
        ...task(world()),
        fill: async () => {
          const old = await task(world()).fill();
          hasRead.resolve();
          await mayGoOn.promise;
          return old;
        },
      });
      await hasRead.promise;
      await another().change(edit({ title: 'Oat milk' }));
      const later = read();
      expect(await later).toEqual({ version: 2, title: 'Oat milk' });
      mayGoOn.resolve();
      expect(await slow).toEqual({ version: 1, title: 'Milk' });
      expect(await read()).toEqual({ version: 2, title: 'Oat milk' });
      expect(cache.counts).toMatchObject({ overtaken: 1, hits: 1 });
    });

    it('that was overtaken leaves nothing where nobody came later', async () => {
      const { cache, read } = setUp();
      await read({
        ...task(world()),
        fill: async () => {
          const old = await task(world()).fill();
          await world().change(edit({ title: 'Oat milk' }));
          return old;
        },
      });
      expect(cache.size.entries).toBe(0);
      expect(await read()).toEqual({ version: 2, title: 'Oat milk' });
    });

    it('is filled once for all who come at the same time', async () => {
      const { cache, read } = setUp();
      const mayGoOn = gate();
      const reading = {
        ...task(world()),
        fill: async () => {
          await mayGoOn.promise;
          return task(world()).fill();
        },
      };
      const all = Promise.all(Array.from({ length: 20 }, () => read(reading)));
      mayGoOn.resolve();
      expect(new Set(await all).size).toBe(1);
      expect(cache.counts).toMatchObject({ fills: 1, joined: 19 });
    });

    it('is not undone by a transaction that was rolled back', async () => {
      const { cache, read } = setUp();
      await read();
      const { truth } = world();
      await truth
        .transaction(async (trx) => {
          await bumpTags(trx, ['task:1']);
          throw new Error('no');
        })
        .catch(() => undefined);
      await read();
      expect(cache.counts).toMatchObject({ hits: 1, fills: 1 });
    });

    it('counts tags in the transaction of their change: another process sees both or none', async () => {
      const { read } = setUp();
      await read();
      const other = another();
      const hasBumped = gate();
      const mayCommit = gate();
      const committed = other.truth.transaction(async (trx) => {
        await taskKind.update(trx, '1', 1, { title: 'Oat milk' });
        await bumpTags(trx, ['task:1']);
        hasBumped.resolve();
        await mayCommit.promise;
      });
      await hasBumped.promise;
      expect(await read()).toEqual({ version: 1, title: 'Milk' });
      mayCommit.resolve();
      await committed;
      expect(await read()).toEqual({ version: 2, title: 'Oat milk' });
    });
  });

  describe(`the read of a form on ${name}`, () => {
    const { world } = useTasks(make);

    it('is the row itself, through the view of its reader', async () => {
      const read = () => readResource(world().truth.db, taskKind, '1', ana.viewer);
      await world().change(edit({ pin: '1234' }));
      expect(await read()).toMatchObject({
        id: '1',
        version: 2,
        etag: '"task-1.v2"',
        value: { title: 'Milk', pin: { $secret: true } },
      });
      await world().change(edit({ title: 'Oat milk' }, { version: 2 }));
      expect(await read()).toMatchObject({ version: 3, value: { title: 'Oat milk' } });
      expect(await readResource(world().truth.db, taskKind, '1', { role: 'outsider' })).toBeUndefined();
      expect(await readResource(world().truth.db, taskKind, '77', ana.viewer)).toBeUndefined();
    });
  });
}

/** Task 1 as a list would read it. */
function task(world: TaskWorld) {
  const fill = async (): Promise<Read> => {
    const { version, title } = (await world.task()) as Read;
    return { version, title };
  };
  return { key: 'GET /v1/tasks/1', view: 'editor', tags: ['task:1'], fill };
}
