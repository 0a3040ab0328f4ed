/**
 * One part of the stores on this host, as stewards, sweeps and people see it: its documents, their locks, and what may be
 * said of what is in them. The name of an area is also the lock under which it is reset; the lock of a document is taken
 * inside that one.
 */
import type { HoldfastError } from '@holdfast/base';
import type { SweepOptions, SweepReport } from '../documents/keyed-documents.ts';
import type { DocumentCondition, DocumentFacts } from './document-facts.ts';
import type { StoreName } from './steward-policies.ts';

export interface AreaDocument {
  /** Absolute. */
  readonly path: string;
  /** What guards it. */
  readonly scope: string;
  readonly condition: DocumentCondition;
  readonly facts: DocumentFacts;
  readonly problem?: HoldfastError;
  /** What is in it, as far as it can be read. */
  readonly entries: number;
  /** Those of them that count no more. */
  readonly expired: number;
}

/** What may be shown of an entry: names are hashes, secrets are left out. */
export interface AreaEntry {
  readonly name: string;
  readonly [fact: string]: unknown;
}

export interface StoreArea {
  readonly store: StoreName;
  /** `rate-limit`, `captcha`, `token:web`, `salt:ip`. */
  readonly name: string;
  /** Absolute; may not exist yet. */
  readonly directory: string;
  /** What a power cut may take. */
  readonly durability: 'none' | 'file' | 'full';
  /** Every document there is, without a lock; of a salt also the one that is missing. */
  documents(): AsyncIterable<AreaDocument>;
  /** The lock of the document at `path`, or of its last good generation; undefined when it is none of this area's. */
  scopeOf(path: string): string | undefined;
  /** One document as it is now; undefined when the path is none of this area's. */
  examine(path: string): AreaDocument | undefined;
  /** What may be shown of the entries of a document that is whole or recovered. */
  entriesOf(path: string): readonly AreaEntry[];
  /** The value that takes the place of a document that is reset; undefined when nothing does. */
  replacementOf(path: string): Promise<{ readonly value: unknown } | undefined>;
  /** The next value in the ordinary way; of a salt. */
  rotate?(): Promise<void>;
  /** Removes what counts no more. */
  sweep(options?: SweepOptions): Promise<SweepReport>;
}
