/** Drafts on a storage that may fail, with a clock that is turned by hand. */
import { describe, expect, it } from 'vitest';
import type { RecordSchema } from '../merge/record-schema.ts';
import type { DraftStorage } from './draft-storage.ts';
import { DraftStore, type UnsavedDraft } from './draft-store.ts';
import { createMemoryDraftStorage } from './memory-draft-storage.ts';

const schema: RecordSchema = {
  fields: { title: { kind: 'text' }, secret: { kind: 'secret' }, pin: { kind: 'secret' } },
  groups: { access: ['pin'] },
};
const draft: UnsavedDraft = {
  ...{ schemaV: 1, profile: 'panel', user: 'u1', kind: 'task', id: '17', tabId: 't1' },
  ...{
    baseVersion: 41,
    base: { title: 'Milk' },
    patch: { title: 'Rice' },
    touched: ['title'],
    state: 'editing',
  },
};
const owner = { profile: 'panel', user: 'u1' };
const minute = 60_000;

function world(storage?: DraftStorage, contents = new Map<string, string>()) {
  let nowMs = 1_000_000_000_000;
  const timers = new Map<() => void, number>();
  const problems: string[] = [];
  const inMemory = createMemoryDraftStorage(contents);
  let writes = 0;
  const counted: DraftStorage = {
    ...inMemory,
    put: async (...args) => {
      writes += 1;
      await inMemory.put(...args);
    },
  };
  const store = new DraftStore({
    storage: storage ?? counted,
    schemaOf: () => schema,
    timing: {
      nowMs: () => nowMs,
      after: (ms, task) => {
        timers.set(task, nowMs + ms);
        return () => timers.delete(task);
      },
    },
    onProblem: ({ doing }) => problems.push(doing),
  });
  const pass = (ms: number) => {
    nowMs += ms;
    for (const [task, at] of timers) {
      if (at > nowMs) continue;
      timers.delete(task);
      task();
    }
  };
  return { store, pass, contents, problems, writes: () => writes, timers };
}

describe('a draft store', () => {
  it('writes at most every 300 ms, the newest value', async () => {
    const { store, pass, writes } = world();
    for (let letter = 0; letter < 60; letter += 1) {
      store.save({ ...draft, patch: { title: `Rice ${letter}` } });
      pass(10);
    }
    expect((await store.list(owner))[0]?.patch).toEqual({ title: 'Rice 59' });
    expect(writes()).toBeLessThanOrEqual(3);
  });

  it('stashes before it waits for anything, and takes out what is deleted', async () => {
    const stashed = new Map<string, unknown>();
    const storage: DraftStorage = {
      ...createMemoryDraftStorage(),
      put: () => new Promise(() => undefined),
      stash: (key, kept) => (kept === undefined ? stashed.delete(key) : stashed.set(key, kept)),
    };
    const { store } = world(storage);
    store.save(draft);
    void store.flush();
    expect([...stashed.values()]).toMatchObject([{ patch: { title: 'Rice' } }]);
    store.save({ ...draft, patch: { title: 'Rye' } });
    void store.flush();
    expect([...stashed.values()]).toMatchObject([{ patch: { title: 'Rye' } }]);
    void store.remove(draft);
    expect(stashed.size).toBe(0);
  });

  it('goes on where the stash fails, and says so', async () => {
    const storage: DraftStorage = {
      ...createMemoryDraftStorage(),
      stash: () => {
        throw new Error('full');
      },
    };
    const { store, problems } = world(storage);
    expect(await store.saveNow(draft)).toBe(true);
    expect(problems).toEqual(['write']);
  });

  it('has the id on disk before saveNow resolves', async () => {
    const { store, contents, timers } = world();
    expect(await store.saveNow({ ...draft, state: 'sending', clientMutationId: 'm1' })).toBe(true);
    expect([...contents.values()].join()).toContain('m1');
    expect(timers.size).toBe(0);
  });

  it('keeps no secret, neither in the patch nor in what was decided', async () => {
    const { store, contents } = world();
    const choice = (value: { readonly [name: string]: string }) => ({ kind: 'edited', value }) as const;
    await store.saveNow({
      ...draft,
      patch: { title: 'Rice', secret: 'typed', pin: 'typed' },
      base: { title: 'Milk', secret: { $secret: true } },
      later: { pin: 'typed', title: 'Rye' },
      choices: {
        secret: choice({ secret: 'typed' }),
        access: choice({ pin: 'typed' }),
        title: choice({ title: 'Rye' }),
      },
      touched: ['title', 'secret'],
    });
    const [kept] = await store.list(owner);
    expect([...contents.values()].join()).not.toContain('typed');
    expect(kept).toMatchObject({
      touched: ['title', 'secret'],
      patch: { title: 'Rice' },
      choices: { title: {} },
    });
  });

  it('brings nothing back after it was removed', async () => {
    const { store, pass, contents } = world();
    store.save(draft);
    const removed = store.remove(draft);
    pass(1_000);
    await removed;
    expect(contents.size).toBe(0);
  });

  it('brings nothing back on a storage that is slow either', async () => {
    const contents = new Map<string, string>();
    const inMemory = createMemoryDraftStorage(contents);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { store } = world({ ...inMemory, put: (...args) => promise.then(() => inMemory.put(...args)) });
    const saved = store.saveNow(draft);
    const removed = store.remove(draft);
    resolve();
    await Promise.all([saved, removed]);
    expect(contents.size).toBe(0);
  });

  it('lets typing go on when the storage is full, and says so', async () => {
    const fail = () => Promise.reject(new Error('QuotaExceededError'));
    const { store, problems } = world({ get: fail, put: fail, delete: fail, list: fail });
    store.save(draft);
    expect(await store.saveNow(draft)).toBe(false);
    expect(await store.list(owner)).toEqual([]);
    await store.remove(draft);
    expect(problems).toEqual(['write', 'read', 'write']);
  });

  it('also when the storage throws at once', async () => {
    const fail = () => {
      throw new Error('SecurityError');
    };
    const { store } = world({ get: fail, put: fail, delete: fail, list: fail });
    expect(await store.saveNow(draft)).toBe(false);
    expect(await store.list(owner)).toEqual([]);
  });

  it('keeps drafts seven days, and what cannot be read not at all', async () => {
    const { store, pass, contents } = world(undefined, new Map([['x', '{"kind":1}']]));
    await store.saveNow(draft);
    pass(7 * 24 * 60 * minute);
    expect(await store.list(owner)).toHaveLength(1);
    expect(contents.has('x')).toBe(false);
    pass(1);
    expect(await store.list(owner)).toEqual([]);
    expect(contents.size).toBe(0);
  });

  it('has a discarded one back for ten minutes, after a reload too', async () => {
    const { store, pass, contents } = world();
    await store.discard(draft);
    const reloaded = world(undefined, contents).store;
    expect(await reloaded.undoDiscard(draft)).toMatchObject({ patch: { title: 'Rice' } });
    expect(await store.undoDiscard(draft)).toBeUndefined();
    await store.discard(draft);
    pass(10 * minute + 1);
    expect(await store.undoDiscard(draft)).toBeUndefined();
    expect(contents.size).toBe(0);
  });

  it('keeps the drafts of users and tabs apart', async () => {
    const { store } = world();
    await store.saveNow(draft);
    await store.saveNow({ ...draft, tabId: 't2' });
    await store.saveNow({ ...draft, user: 'u2' });
    expect(await store.list({ ...owner, kind: 'task', id: '17' })).toHaveLength(2);
    await store.purge(owner);
    expect(await store.list(owner)).toEqual([]);
    expect(await store.list({ profile: 'panel', user: 'u2' })).toHaveLength(1);
  });
});
