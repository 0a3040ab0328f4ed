import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TagCache, type TagCacheOptions } from '../index.ts';
import { sqliteFile, sqliteMemory } from '../testing/engines.ts';
import { openTasks, type TaskWorld } from '../testing/task-world.ts';
import { cacheContract } from './cache-contract.ts';

cacheContract('SQLite', sqliteFile);

describe('a tag cache', () => {
  let world: TaskWorld;
  let close: () => Promise<void>;
  let nowMs = 0;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };

  beforeEach(async () => {
    const database = await sqliteMemory();
    world = await openTasks(database.open());
    close = async () => database[Symbol.asyncDispose]();
    nowMs = 0;
  });

  afterEach(() => close());

  function setUp(options: Partial<TagCacheOptions> = {}) {
    const cache = new TagCache({ truth: world.truth, clock, ...options });
    let fills = 0;
    const read = (key: string, view = 'admin', value: object = { text: key }) =>
      cache.read({
        key,
        view,
        tags: ['task'],
        fill: async () => {
          fills += 1;
          return { ...value, view };
        },
      });
    return { cache, read, fills: () => fills };
  }

  it.each([
    ['the least', 0, 40_500],
    ['the most', 0.999_999, 49_500],
  ])('keeps an entry for 45 s and %s of a tenth', async (_what, random, ttlMs) => {
    const { read, fills } = setUp({ random: () => random });
    await read('a');
    nowMs = ttlMs - 1;
    await read('a');
    expect(fills()).toBe(1);
    nowMs = ttlMs + 2;
    await read('a');
    expect(fills()).toBe(2);
  });

  it('takes no time to live outside 30 to 60 seconds', () => {
    const { truth } = world;
    for (const ttlMs of [29_999, 60_001, Number.NaN])
      expect(() => new TagCache({ truth, ttlMs })).toThrow(RangeError);
  });

  it('keeps apart what different viewers see, and keys that look alike', async () => {
    const { read, fills } = setUp();
    expect(await read('b', 'a:')).toMatchObject({ view: 'a:' });
    expect(await read(':b', 'a')).toMatchObject({ view: 'a' });
    expect(await read('b', 'admin')).toMatchObject({ view: 'admin' });
    expect(fills()).toBe(3);
  });

  it('stays within its bytes, and lets go of what was used least recently', async () => {
    const { cache, read, fills } = setUp({ maxBytes: 1_000 });
    const large = { text: 'x'.repeat(300) };
    for (const key of ['a', 'b', 'a', 'c', 'd']) await read(key, 'admin', large);
    expect(cache.size.bytes).toBeLessThanOrEqual(1_000);
    const before = fills();
    await read('a', 'admin', large);
    await read('b', 'admin', large);
    expect(fills()).toBeGreaterThan(before);
    await read('huge', 'admin', { text: 'x'.repeat(5_000) });
    expect(cache.size.bytes).toBeLessThanOrEqual(1_000);
  });

  it('passes by what is older than its reader has seen', async () => {
    const { cache } = setUp();
    let version = 1;
    const read = (seen: number) =>
      cache.read({
        key: 'a',
        view: 'admin',
        tags: ['task'],
        fill: async () => ({ version }),
        atLeast: { version: seen, versionOf: (value) => value.version },
      });
    await read(1);
    version = 2; // by somebody who counts no tags
    expect(await read(1)).toEqual({ version: 1 });
    expect(await read(2)).toEqual({ version: 2 });
    expect(await read(1)).toEqual({ version: 2 });
    expect(cache.counts).toMatchObject({ fills: 2, hits: 2 });
  });

  it('gives everybody the same value, which nobody can change', async () => {
    const { cache } = setUp();
    const read = () =>
      cache.read({ key: 'a', view: 'v', tags: [], fill: async () => ({ list: [{ name: 'x' }] }) });
    const value = await read();
    expect(await read()).toBe(value);
    expect(() => {
      Object.assign(value.list[0] ?? {}, { name: 'y' });
    }).toThrow(TypeError);
  });

  it('keeps nothing of a fill that failed, and tells all who waited for it', async () => {
    const { cache, read } = setUp();
    const failing = () =>
      cache.read({
        key: 'a',
        view: 'admin',
        tags: ['task'],
        fill: () => Promise.reject(new Error('no row')),
      });
    const results = await Promise.allSettled([failing(), failing()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read('a')).toMatchObject({ text: 'a' });
  });
});
