/** The best place for drafts that this browser has: IndexedDB, else `localStorage`, else the memory of the page. */
import { createMemoryDraftStorage, type DraftStorage } from '@holdfast/optimistic-client';
import { openIndexedDbDraftStorage } from './indexed-db-draft-storage.ts';
import { createLocalDraftStorage } from './local-draft-storage.ts';
import { createStashingDraftStorage } from './stashing-draft-storage.ts';

export interface ChosenDraftStorage {
  readonly storage: DraftStorage;
  /** Nothing outlives the page: whoever leaves it should be asked. */
  readonly isVolatile: boolean;
}

export interface DraftPlaces {
  readonly openIndexedDb: () => Promise<DraftStorage>;
  /** Throws where it is forbidden. */
  readonly local: () => Storage;
  /** Runs `task` once, after `ms`. */
  readonly after: (ms: number, task: () => void) => void;
}

/** Some browsers never answer. */
const openWithinMs = 2_000;

export const browserPlaces: DraftPlaces = {
  openIndexedDb: openIndexedDbDraftStorage,
  local: () => localStorage,
  after: (ms, task) => void setTimeout(task, ms),
};

export async function chooseDraftStorage(places: DraftPlaces = browserPlaces): Promise<ChosenDraftStorage> {
  const late = new Promise<never>((_, reject) => {
    places.after(openWithinMs, () => reject(new DOMException('IndexedDB does not answer', 'TimeoutError')));
  });
  try {
    const storage = await Promise.race([places.openIndexedDb(), late]);
    return { storage: withStash(storage, places), isVolatile: false };
  } catch {
    return withoutIndexedDb(places);
  }
}

/** Whatever it failed with, there is one answer: the next place. */
function withoutIndexedDb({ local }: DraftPlaces): ChosenDraftStorage {
  try {
    return { storage: createLocalDraftStorage(local()), isVolatile: false };
  } catch {
    return { storage: createMemoryDraftStorage(), isVolatile: true };
  }
}

function withStash(storage: DraftStorage, { local }: DraftPlaces): DraftStorage {
  try {
    return createStashingDraftStorage(storage, local());
  } catch {
    // A SecurityError: then a page that goes away within a moment of a key press may lose it.
    return storage;
  }
}
