/** Where drafts go in browsers that have less, and what a tab is called when it was duplicated. */
import { createMemoryDraftStorage, type Draft } from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';
import { chooseDraftStorage } from './choose-draft-storage.ts';
import { createLocalDraftStorage } from './local-draft-storage.ts';
import { createStashingDraftStorage } from './stashing-draft-storage.ts';

const failing = () => Promise.reject(new DOMException('forbidden', 'SecurityError'));
const forbidden = () => {
  throw new DOMException('forbidden', 'SecurityError');
};
const never = () => undefined;
const draft = { kind: 'task', id: '17' } as unknown as Draft;

/** `localStorage`, as far as it is used. */
function fakeStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
    removeItem: (name) => void kept.delete(name),
    clear: () => kept.clear(),
  };
}

describe('the storage of drafts', () => {
  it('is IndexedDB where there is one', async () => {
    const storage = createMemoryDraftStorage();
    const places = { openIndexedDb: async () => storage, local: forbidden, after: never };
    expect(await chooseDraftStorage(places)).toEqual({ storage, isVolatile: false });
  });

  it('is the next one when IndexedDB is forbidden, or never answers', async () => {
    const late = (_ms: number, task: () => void) => task();
    const silent = () => new Promise<never>(() => undefined);
    for (const [openIndexedDb, after] of [
      [failing, never],
      [silent, late],
    ] as const) {
      const place = fakeStorage();
      const chosen = await chooseDraftStorage({ openIndexedDb, local: () => place, after });
      await chosen.storage.put('key', draft);
      expect([place.length, chosen.isVolatile]).toEqual([1, false]);
    }
  });

  it('has what a page that went away could only stash, the newer of two, and nothing that was deleted', async () => {
    const place = fakeStorage();
    const disk = createMemoryDraftStorage();
    const of = (savedAt: number) => ({ ...draft, savedAt });
    const before = createStashingDraftStorage({ ...disk, put: () => new Promise(() => undefined) }, place);
    await disk.put('a', of(1));
    await disk.put('b', of(2));
    before.stash?.('a', of(2));
    before.stash?.('b', of(1));
    before.stash?.('c', of(1));
    void before.put('c', of(1));
    before.stash?.('d', of(1));
    before.stash?.('d', undefined);
    const after = createStashingDraftStorage(disk, place);
    const listed = await after.list();
    expect(listed.map(({ key, stored }) => [key, (stored as Draft).savedAt])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ]);
    expect(place.length).toBe(0);
    expect(await disk.list()).toEqual(listed);
  });

  it('is the memory of the page where nothing may be kept, and says so', async () => {
    const chosen = await chooseDraftStorage({ openIndexedDb: failing, local: forbidden, after: never });
    expect(chosen.isVolatile).toBe(true);
    await chosen.storage.put('key', draft);
    expect(await chosen.storage.get('key')).toEqual(draft);
  });

  it('in localStorage keeps what it is given, beside what others keep there', async () => {
    const place = fakeStorage();
    place.setItem('other', 'text');
    const storage = createLocalDraftStorage(place);
    await storage.put('key', draft);
    place.setItem('holdfast:draft:broken', '{');
    expect(await storage.list()).toEqual([
      { key: 'key', stored: draft },
      { key: 'broken', stored: undefined },
    ]);
    await storage.delete('key');
    expect(await storage.get('key')).toBeUndefined();
    expect(place.getItem('other')).toBe('text');
  });
});
