/** The best place for drafts that this browser has: IndexedDB, else `localStorage`, else the memory of the page. */
import { createMemoryDraftStorage, type DraftStorage } from '@holdfast/optimistic-client';
import { openIndexedDbDraftStorage } from './indexed-db-draft-storage.ts';
import { createLocalDraftStorage } from './local-draft-storage.ts';

export interface ChosenDraftStorage {
  readonly storage: DraftStorage;
  /** Nothing outlives the page: whoever leaves it should be asked. */
  readonly isVolatile: boolean;
}

export interface DraftPlaces {
  readonly openIndexedDb: () => Promise<DraftStorage>;
  readonly openLocal: () => DraftStorage;
  /** Runs `task` once, after `ms`. */
  readonly after: (ms: number, task: () => void) => void;
}

/** Some browsers never answer. */
const openWithinMs = 2_000;

export const browserPlaces: DraftPlaces = {
  openIndexedDb: openIndexedDbDraftStorage,
  openLocal: () => createLocalDraftStorage(localStorage),
  after: (ms, task) => void setTimeout(task, ms),
};

export async function chooseDraftStorage(places: DraftPlaces = browserPlaces): Promise<ChosenDraftStorage> {
  const late = new Promise<never>((_, reject) => {
    places.after(openWithinMs, () => reject(new DOMException('IndexedDB does not answer', 'TimeoutError')));
  });
  try {
    return { storage: await Promise.race([places.openIndexedDb(), late]), isVolatile: false };
  } catch {
    return withoutIndexedDb(places);
  }
}

/** Whatever it failed with, there is one answer: the next place. */
function withoutIndexedDb({ openLocal }: DraftPlaces): ChosenDraftStorage {
  try {
    return { storage: openLocal(), isVolatile: false };
  } catch {
    return { storage: createMemoryDraftStorage(), isVolatile: true };
  }
}
