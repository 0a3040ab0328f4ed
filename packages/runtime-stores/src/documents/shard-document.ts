/** The document of one shard, as `KeyedDocuments` asks for it: two ways to keep it, one for each side of a trade. */
import type { Held } from '@holdfast/base';
import type { Entries } from './entries-schema.ts';

/** Undefined changes nothing. */
export type NextEntry<Entry> = { readonly entry: Entry | undefined } | undefined;

/** @param hasDocument - false where the document is to be made */
export type ChangeEntry<Entry> = (entry: Entry | undefined, hasDocument: boolean) => NextEntry<Entry>;

export interface ShardDocument<Entry> {
  readonly path: string;
  /** The scope whose exclusive hold a change demands. */
  readonly scope: string;
  /**
   * Undefined when there is none.
   *
   * @throws HoldfastError DOCUMENT_INVALID, DOCUMENT_NEWER, READ_FAILED, TARGET_REFUSED - it cannot be used
   */
  read(): Entries<Entry> | undefined;
  /** The same of one entry. */
  readEntry(name: string): Entry | undefined;
  /**
   * Read, change, publish: all entries.
   *
   * @param change - returns undefined for no change; nothing is written then
   * @throws HoldfastError as `read`; WRITE_FAILED, LOCK_LOST - nothing was published
   */
  change(held: Held, change: (entries: Entries<Entry> | undefined) => Entries<Entry> | undefined): void;
  /** The same for one entry, whatever the others are. @throws as `change` */
  changeEntry(held: Held, name: string, change: ChangeEntry<Entry>): void;
  /** Absent is fine. @throws HoldfastError as `AtomicWriter.remove` */
  remove(held: Held): Promise<void>;
}
