/** Where drafts are kept: IndexedDB, a file, a map. Every call may fail, when it is full, forbidden or gone. */
import type { Draft } from './draft.ts';

export interface DraftStorage {
  /** What was put under `key`; undefined when nothing was. */
  get(key: string): Promise<unknown>;
  put(key: string, draft: Draft): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Before `put` is done, at once: for a page that may be gone by then. What is stashed is in `list` until it was put; undefined takes
   * it out. May throw.
   */
  stash?(key: string, draft: Draft | undefined): void;
  /** Everything that was put. */
  list(): Promise<readonly { readonly key: string; readonly stored: unknown }[]>;
}
