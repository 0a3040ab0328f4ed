/**
 * The files behind every store: entries by key, spread over small documents, each changed under its own lock.
 *
 * ```
 * DIRECTORY/3f/a2.json    one document a shard, the entries of all keys whose hash begins with 3fa2; 0700, files 0600
 * SCOPE:3fa               the lock of the shards that begin so: 4096 lock files at the most
 * ```
 *
 * Promises: a change is read, decided and published while nobody else can; a reader sees a document before or after it,
 * whole; a document that is damaged, with its last good generation too, is an error and never an empty one.
 *
 * Does not promise: order between changes of different shards, nor that an entry outlives a power cut unless the
 * durability says so.
 */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, errnoOf, type Held, HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Entries, entriesSchema } from './entries-schema.ts';
import { HotDocument } from './hot-document.ts';
import { KeptDocument } from './kept-document.ts';
import type { ShardDocument } from './shard-document.ts';
import { documentOfShard, scopeOfShard, shardOfKey } from './shard-of-key.ts';
import { shardsOf } from './shards-of.ts';
import {
  type SweepOptions,
  type SweepReport,
  type SweptShard,
  shardsAtOnce,
  sweepShards,
} from './sweep-shards.ts';

export interface KeyedDocumentsOptions<Entry> {
  /** Of this store alone; created 0700 at the first change. */
  readonly directory: string;
  /** What its locks begin with, `rate-limit`. */
  readonly scope: string;
  /** A synchronous schema of one entry. */
  readonly entry: StandardSchemaV1<unknown, Entry>;
  readonly runner: LockRunner;
  /**
   * What a power cut may take: see `AtomicWriter`. With 'none' there is no last good generation either: see `HotDocument`.
   * Default 'full'.
   */
  readonly durability?: 'none' | 'file' | 'full';
  /** 1 to 4 digits: 16 to 65 536 shards. Default 4. Never to be changed for a directory that has documents. */
  readonly shardDigits?: number;
  /** How long a change waits for its lock, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

export interface Change<Entry, Result> {
  /** The next entry; undefined removes it. */
  readonly entry?: Entry | undefined;
  readonly result: Result;
  /** Nothing is written, whatever `entry` says. */
  readonly unchanged?: true;
}

export type { SweepOptions, SweepReport };

export type ListedShard<Entry> = {
  readonly shard: string;
  readonly path: string;
  readonly scope: string;
} & ({ readonly entries: Entries<Entry> } | { readonly error: unknown });

const defaultShardDigits = 4;
const defaultWaitMs = 2_000;
/** Documents that are remembered; the oldest is forgotten, and with it only what it has seen. */
const mostDocuments = 2_048;

export class KeyedDocuments<Entry> {
  readonly directory: string;
  readonly scope: string;
  readonly #entry: StandardSchemaV1<unknown, Entry>;
  readonly #runner: LockRunner;
  readonly #writer: AtomicWriter;
  readonly #shardDigits: number;
  readonly #waitMs: number;
  readonly #clock: Clock;
  readonly #isHot: boolean;
  readonly #documents = new Map<string, ShardDocument<Entry>>();

  constructor(options: KeyedDocumentsOptions<Entry>) {
    const { shardDigits = defaultShardDigits, durability = 'full', clock = systemClock } = options;
    if (![1, 2, 3, 4].includes(shardDigits))
      throw new HoldfastError('CONFIG_INVALID', `shardDigits is ${shardDigits}, not 1 to 4`);
    this.directory = resolve(options.directory);
    this.scope = options.scope;
    this.#entry = options.entry;
    this.#runner = options.runner;
    this.#isHot = durability === 'none';
    this.#writer = new AtomicWriter(this.#isHot ? { durability, clock, mode: 0o600 } : { durability, clock });
    this.#shardDigits = shardDigits;
    this.#waitMs = options.waitMs ?? defaultWaitMs;
    this.#clock = clock;
  }

  /** The scope that guards the entry of `key`. */
  scopeOf(key: string): string {
    return this.#scopeOfShard(shardOfKey(key, this.#shardDigits).shard);
  }

  /** The document that holds the entry of `key`. */
  pathOf(key: string): string {
    return documentOfShard(this.directory, shardOfKey(key, this.#shardDigits).shard);
  }

  /**
   * The entry of `key` as it is now, or was a moment ago. Takes no lock: not to decide on.
   *
   * @throws HoldfastError DOCUMENT_INVALID, DOCUMENT_NEWER, READ_FAILED, TARGET_REFUSED - as `StateReader.read`
   */
  read(key: string): Entry | undefined {
    const { shard, entry } = shardOfKey(key, this.#shardDigits);
    return this.#document(shard).readEntry(entry);
  }

  /**
   * Reads, decides and publishes under the lock of the key.
   *
   * @param change - synchronous; gets the present entry and the wall clock, read after the lock was granted
   * @throws HoldfastError LOCK_BUSY - not granted within the limit; nothing was changed
   * @throws HoldfastError STATE_DIRECTORY - the directory cannot be made
   * @throws HoldfastError DOCUMENT_INVALID, DOCUMENT_NEWER, READ_FAILED, TARGET_REFUSED, WRITE_FAILED, LOCK_LOST - as
   *   `StateReader.update`; nothing was changed
   */
  async change<Result>(
    key: string,
    change: (entry: Entry | undefined, nowWallMs: number) => Change<Entry, Result>,
  ): Promise<Result> {
    const { shard, entry } = shardOfKey(key, this.#shardDigits);
    const document = this.#document(shard);
    return await this.#runner.run(document.scope, { waitMs: this.#waitMs, isBrief: true }, (held) =>
      this.#changeHeld(document, entry, held, (present) => change(present, this.#clock.wallMs())),
    );
  }

  /**
   * Removes the entries that `isExpired`, and documents that have none left, shard by shard under its lock, which is taken
   * only where something is to be removed. Also removes temporary files of writers that were killed.
   *
   * @throws the reason of `signal`; what was swept stays so
   * @throws HoldfastError as `change`, but for damaged documents, which are counted
   */
  async sweep(
    isExpired: (entry: Entry, nowWallMs: number) => boolean,
    options: SweepOptions = {},
  ): Promise<SweepReport> {
    const { shards, directories } = await shardsOf(this.directory, this.#shardDigits);
    for (const directory of directories) await this.#writer.sweepOrphans(directory);
    return await sweepShards(shards, (shard) => this.#sweepShard(shard, isExpired, options.signal), options);
  }

  /** Every document there is, in the order of shards, without a lock; one that cannot be read comes with its error. */
  async *list(): AsyncGenerator<ListedShard<Entry>> {
    const { shards } = await shardsOf(this.directory, this.#shardDigits);
    for (const [index, shard] of shards.entries()) {
      if (index % shardsAtOnce === 0) await turn();
      const place = {
        shard,
        path: documentOfShard(this.directory, shard),
        scope: this.#scopeOfShard(shard),
      };
      try {
        const entries = this.#document(shard).read();
        if (entries !== undefined) yield { ...place, entries };
      } catch (error) {
        yield { ...place, error };
      }
    }
  }

  #changeHeld<Result>(
    document: ShardDocument<Entry>,
    name: string,
    held: Held,
    change: (entry: Entry | undefined) => Change<Entry, Result>,
  ): Result {
    let outcome: { readonly result: Result } | undefined;
    document.changeEntry(held, name, (present, hasDocument) => {
      if (!hasDocument) makeDirectory(dirname(document.path));
      const { result, unchanged, entry } = change(present);
      outcome = { result };
      return unchanged === true ? undefined : { entry };
    });
    if (outcome === undefined)
      throw new HoldfastError('INTERNAL', `the change of ${document.path} was not asked`);
    return outcome.result;
  }

  async #sweepShard(
    shard: string,
    isExpired: (entry: Entry, nowWallMs: number) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<SweptShard> {
    const document = this.#document(shard);
    const isOver = (entry: Entry) => isExpired(entry, this.#clock.wallMs());
    try {
      const present = document.read();
      if (present === undefined) return { removed: 0, kept: 0 };
      const entries = Object.values(present);
      if (entries.length > 0 && !entries.some(isOver)) return { removed: 0, kept: entries.length };
      const options = { waitMs: this.#waitMs, priority: 'background', ...(signal && { signal }) } as const;
      return await this.#runner.run(document.scope, options, (held) => removeExpired(document, held, isOver));
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  #scopeOfShard(shard: string): string {
    return scopeOfShard(this.scope, shard);
  }

  #document(shard: string): ShardDocument<Entry> {
    const known = this.#documents.get(shard);
    if (known !== undefined) return known;
    const path = documentOfShard(this.directory, shard);
    const options = {
      validator: entriesSchema(shard, this.#entry),
      writer: this.#writer,
      scope: this.#scopeOfShard(shard),
      clock: this.#clock,
    };
    const document = this.#isHot ? new HotDocument(path, options) : new KeptDocument(path, options);
    if (this.#documents.size >= mostDocuments) {
      const [oldest = ''] = this.#documents.keys();
      this.#documents.delete(oldest);
    }
    this.#documents.set(shard, document);
    return document;
  }
}

/** Under the lock; what was seen without it may have changed. */
async function removeExpired<Entry>(
  document: ShardDocument<Entry>,
  held: Held,
  isOver: (entry: Entry) => boolean,
): Promise<SweptShard> {
  const entries = Object.entries(document.read() ?? {});
  const left = entries.filter(([, entry]) => !isOver(entry));
  if (left.length === 0) await document.remove(held);
  else if (left.length < entries.length) document.change(held, () => Object.fromEntries(left));
  return { removed: entries.length - left.length, kept: left.length };
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new HoldfastError('STATE_DIRECTORY', `the directory ${path} cannot be made`, {
      cause,
      details: { path, errno: errnoOf(cause) },
    });
  }
}

/** What a steward has to look at. */
function isDamage(error: unknown): boolean {
  const codes = ['DOCUMENT_INVALID', 'DOCUMENT_NEWER', 'READ_FAILED', 'TARGET_REFUSED'] as const;
  return codes.some((code) => isHoldfastError(error, code));
}
