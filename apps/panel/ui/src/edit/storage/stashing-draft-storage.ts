/**
 * A storage of drafts with `localStorage` in front of it, where a write is done when it returns: a page that goes away is gone before
 * IndexedDB has begun. What the other storage has got is taken out of it again.
 */
import type { Draft, DraftStorage } from '@holdfast/optimistic-client';

const prefix = 'holdfast:unsaved:';

export function createStashingDraftStorage(storage: DraftStorage, local: Storage): DraftStorage {
  const unstash = (key: string, text: string) => {
    // Something newer may stand there by now.
    if (local.getItem(prefix + key) === text) local.removeItem(prefix + key);
  };
  const put = async (key: string, draft: Draft) => {
    const text = JSON.stringify(draft);
    await storage.put(key, draft);
    unstash(key, text);
  };
  return {
    get: (key) => storage.get(key),
    put,
    delete: (key) => storage.delete(key),
    stash: (key, draft) => {
      if (draft === undefined) local.removeItem(prefix + key);
      else local.setItem(prefix + key, JSON.stringify(draft));
    },
    list: async () => {
      const stored = new Map((await storage.list()).map(({ key, stored: draft }) => [key, draft]));
      for (const { key, text } of stashedIn(local)) {
        const draft = parsed(text);
        if (draft === undefined || savedAt(draft) <= savedAt(stored.get(key))) unstash(key, text);
        else {
          stored.set(key, draft);
          // Where it cannot be put now it stays where it is.
          await put(key, draft).catch(() => undefined);
        }
      }
      return [...stored].map(([key, draft]) => ({ key, stored: draft }));
    },
  };
}

function stashedIn(local: Storage) {
  return Array.from({ length: local.length }, (_, index) => local.key(index) ?? '')
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ key: name.slice(prefix.length), text: local.getItem(name) ?? '' }));
}

/** Undefined for what is none of ours. */
function parsed(text: string): Draft | undefined {
  try {
    return JSON.parse(text) as Draft;
  } catch {
    // A SyntaxError.
    return undefined;
  }
}

function savedAt(draft: unknown): number {
  const { savedAt: at } = (draft ?? {}) as Partial<Draft>;
  return typeof at === 'number' ? at : Number.NEGATIVE_INFINITY;
}
