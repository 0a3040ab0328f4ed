/** Drafts in memory, as a real storage would give them back: copies. For tests, and where nothing may be kept on disk. */
import type { Draft } from './draft.ts';
import type { DraftStorage } from './draft-storage.ts';

/** @param contents - what a storage before it has left, as texts by key */
export function createMemoryDraftStorage(contents: Map<string, string> = new Map()): DraftStorage {
  const read = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
  return {
    get: async (key) => read(contents.get(key)),
    put: async (key, draft: Draft) => {
      contents.set(key, JSON.stringify(draft));
    },
    delete: async (key) => {
      contents.delete(key);
    },
    list: async () => [...contents].map(([key, text]) => ({ key, stored: read(text) })),
  };
}
