/**
 * An area whose documents are shards of entries by key: `KeyedDocuments`, one or several sets of them under one area lock.
 */
import { relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, systemClock } from '@holdfast/base';
import { StateReader } from '@holdfast/state';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { entriesSchema } from '../documents/entries-schema.ts';
import type { KeyedDocuments, SweepOptions, SweepReport } from '../documents/keyed-documents.ts';
import { documentOfShard, scopeOfShard, shardOfDocument } from '../documents/shard-of-key.ts';
import { shardsOf } from '../documents/shards-of.ts';
import { type ExaminedDocument, examineDocument } from './examine-document.ts';
import type { StoreName } from './steward-policies.ts';
import type { AreaDocument, AreaEntry, StoreArea } from './store-area.ts';

export interface ShardSet<Entry> {
  readonly documents: KeyedDocuments<Entry>;
  /** The schema that its documents were made with. */
  readonly entry: StandardSchemaV1<unknown, Entry>;
  readonly isExpired: (entry: Entry, nowMs: number) => boolean;
  /** What may be shown of an entry. */
  readonly describe: (entry: Entry, nowMs: number) => Readonly<Record<string, unknown>>;
  /** The entries that take the place of a shard that is reset. Default none: the document is removed. */
  readonly rebuild?: (shard: string) => Promise<unknown>;
}

export interface KeyedAreaOptions {
  readonly store: StoreName;
  readonly name: string;
  readonly directory: string;
  readonly durability: StoreArea['durability'];
  // biome-ignore lint/suspicious/noExplicitAny: sets of one area keep entries of different kinds, each beside its schema
  readonly sets: readonly ShardSet<any>[];
  /** Nothing that is written counts for longer, in milliseconds. */
  readonly longestLifeMs: number;
  readonly clock?: Clock;
}

/** As `KeyedDocuments` has it by default; the stores do not change it. */
const shardDigits = 4;
/** A millisecond or two. */
const documentsPerTurn = 32;

export class KeyedArea implements StoreArea {
  readonly store: StoreName;
  readonly name: string;
  readonly directory: string;
  readonly durability: StoreArea['durability'];
  readonly #options: KeyedAreaOptions;
  readonly #clock: Clock;
  /** Reads only. */
  readonly #writer = new AtomicWriter({ durability: 'none' });

  constructor(options: KeyedAreaOptions) {
    this.store = options.store;
    this.name = options.name;
    this.directory = options.directory;
    this.durability = options.durability;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async *documents(): AsyncGenerator<AreaDocument> {
    for (const set of this.#options.sets) {
      const { shards } = await shardsOf(set.documents.directory, shardDigits);
      for (const [place, shard] of shards.entries()) {
        if (place % documentsPerTurn === 0) await turn(); // reading blocks, and whoever asks is a daemon perhaps
        yield this.#documentOf(set, shard);
      }
    }
  }

  scopeOf(path: string): string | undefined {
    const found = this.#find(path);
    return found === undefined ? undefined : scopeOfShard(found.set.documents.scope, found.shard);
  }

  examine(path: string): AreaDocument | undefined {
    const found = this.#find(path);
    return found === undefined ? undefined : this.#documentOf(found.set, found.shard);
  }

  entriesOf(path: string): readonly AreaEntry[] {
    const found = this.#find(path);
    if (found === undefined) return [];
    const { value = {} } = this.#examine(found.set, found.shard);
    const nowMs = this.#clock.wallMs();
    return Object.entries(value).map(([name, entry]) => ({
      name,
      isExpired: found.set.isExpired(entry, nowMs),
      ...found.set.describe(entry, nowMs),
    }));
  }

  async replacementOf(path: string): Promise<{ readonly value: unknown } | undefined> {
    const found = this.#find(path);
    const value = await found?.set.rebuild?.(found.shard);
    return value === undefined ? undefined : { value };
  }

  async sweep(options: SweepOptions = {}): Promise<SweepReport> {
    const total = { shards: 0, removed: 0, kept: 0, damaged: 0 };
    for (const { documents, isExpired } of this.#options.sets) {
      const swept = await documents.sweep(isExpired, options);
      for (const key of ['shards', 'removed', 'kept', 'damaged'] as const) total[key] += swept[key];
    }
    return total;
  }

  #documentOf(set: ShardSet<unknown>, shard: string): AreaDocument {
    const { condition, value, problem, changedMs } = this.#examine(set, shard);
    const nowMs = this.#clock.wallMs();
    const entries = Object.values(value ?? {});
    const expired = entries.filter((entry) => set.isExpired(entry, nowMs)).length;
    // What is not all there can have held anything that was written until it last changed.
    const isLongAgo = changedMs !== undefined && nowMs - changedMs >= this.#options.longestLifeMs;
    const isOver = condition === 'whole' ? expired === entries.length : isLongAgo;
    return {
      path: documentOfShard(set.documents.directory, shard),
      scope: scopeOfShard(set.documents.scope, shard),
      condition,
      facts: { condition, isOver, isDue: false },
      ...(problem === undefined ? {} : { problem }),
      entries: entries.length,
      expired,
    };
  }

  #examine(set: ShardSet<unknown>, shard: string): ExaminedDocument<Readonly<Record<string, unknown>>> {
    const reader = new StateReader({
      validator: entriesSchema(shard, set.entry),
      writer: this.#writer,
      scope: scopeOfShard(set.documents.scope, shard),
      clock: this.#clock,
    });
    return examineDocument(reader, documentOfShard(set.documents.directory, shard));
  }

  #find(path: string): { readonly set: ShardSet<unknown>; readonly shard: string } | undefined {
    for (const set of this.#options.sets) {
      const below = relative(set.documents.directory, path).replace(/\.last-good$/, '');
      const shard = shardOfDocument(below, shardDigits);
      if (shard !== undefined) return { set, shard };
    }
    return undefined;
  }
}
