/** Drafts in `localStorage`, where there is no IndexedDB. Small, and it blocks the page while it writes. */
import type { Draft, DraftStorage } from '@holdfast/optimistic-client';

const prefix = 'holdfast:draft:';

/** @throws DOMException - forbidden, or full */
export function createLocalDraftStorage(storage: Storage): DraftStorage {
  // What cannot be written now is better found out before somebody types.
  storage.setItem(`${prefix}probe`, '');
  storage.removeItem(`${prefix}probe`);
  return {
    get: async (key) => parsed(storage.getItem(prefix + key)),
    put: async (key, draft: Draft) => storage.setItem(prefix + key, JSON.stringify(draft)),
    delete: async (key) => storage.removeItem(prefix + key),
    list: async () =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index))
        .filter((name) => name?.startsWith(prefix) === true)
        .map((name) => ({
          key: name?.slice(prefix.length) ?? '',
          stored: parsed(storage.getItem(name ?? '')),
        })),
  };
}

/** Undefined for what is no draft of ours: whoever lists it deletes it. */
function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    // A SyntaxError, of something that another program has put there.
    return undefined;
  }
}
