/**
 * Versioned, checksummed JSON documents, one per file. Reading takes no lock and never serves a torn, hand-damaged or
 * invalid document; when the current file is damaged the last good generation is served and named. Changing is one call
 * under the lock: read, validate, change, publish.
 *
 * Files of a document: PATH, `PATH.last-good` (the generation before) and `PATH.damaged-MS` (evidence, never deleted).
 *
 * Does not promise: that a reader sees a publish at once after it (it sees the one before or after), that generations go
 * on counting after `remove`, nor protection from an attacker, who can compute a checksum too.
 */
import type { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, type Held, HoldfastError, requireHeld, systemClock } from '@holdfast/base';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { readDocumentFile, readDocumentFileSync } from './document-file.ts';
import { encodeDocument } from './document-format.ts';
import { DocumentSchema, type Migration } from './document-schema.ts';
import { keepLastGood, lastGoodPath, setAside } from './last-good.ts';
import { type FoundDocument, lookUp } from './look-up.ts';
import { nextDocument, type PresentDocument } from './next-document.ts';
import { SeenGenerations } from './seen-generations.ts';

export interface StateReaderOptions<Value> {
  /** A synchronous Standard Schema of the document's value. */
  readonly validator: StandardSchemaV1<unknown, Value>;
  /**
   * How a value of an earlier version becomes one of the next: the first takes version 1 to 2, and so on; what `validator`
   * describes is the version after the last. Default none: version 1.
   */
  readonly migrations?: readonly Migration[];
  /** Decides durability and mode of the files. */
  readonly writer: AtomicWriter;
  /** The scope whose exclusive hold `update` and `remove` demand. */
  readonly scope: string;
  readonly clock?: Clock;
}

export type ReadResult<Value> = (
  | { readonly value: Value; readonly generation: number; readonly source: 'current' | 'last-good' }
  | { readonly value: undefined; readonly generation: 0; readonly source: 'absent' }
) & {
  /**
   * The greatest generation that this reader has served before, when what is current now is older: a backup was put back
   * over the document, or somebody else removed it. The next update counts on from there.
   */
  readonly wentBackFrom?: number;
};

export interface Published<Value> {
  /** As the next reader will see it. */
  readonly value: Value;
  /** Greater than every earlier one of this document. */
  readonly generation: number;
}

export class StateReader<Value> {
  readonly #schema: DocumentSchema<Value>;
  readonly #seen = new SeenGenerations();
  readonly #writer: AtomicWriter;
  readonly #scope: string;
  readonly #clock: Clock;

  constructor(options: StateReaderOptions<Value>) {
    this.#schema = new DocumentSchema(options.validator, options.migrations ?? []);
    this.#writer = options.writer;
    this.#scope = options.scope;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * The document at `path`, without a lock. What this reader serves never goes back in time, also when reads overlap;
   * `wentBackFrom` marks the exception, a file that was made older from outside.
   *
   * @throws HoldfastError DOCUMENT_INVALID - the schema refuses it (`details.issues`), or current and last good
   *   generation are both damaged
   * @throws HoldfastError DOCUMENT_NEWER - a later version or format wrote it
   * @throws HoldfastError READ_FAILED - a file is there and cannot be read
   * @throws HoldfastError TARGET_REFUSED - a link, directory, FIFO or device
   */
  async read(path: string): Promise<ReadResult<Value>> {
    const found = await findLater(path);
    // A read that began later has ended before: looking again without a turn of the event loop settles it.
    return this.#result(path, generationOf(found) < this.#seen.of(path) ? find(path) : found);
  }

  /** `read`, blocking: for hot documents in the page cache, where the event loop costs more than the file. */
  readSync(path: string): ReadResult<Value> {
    return this.#result(path, find(path));
  }

  /**
   * Read, validate, change, publish in one call, under the lock. A damaged current file is moved aside as evidence.
   *
   * @param held - an exclusive hold of the reader's scope
   * @param change - gets the present value, undefined when there is none, and returns the next one; it may change what
   *   it got. What it throws is passed on, and nothing is written
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - nothing was published
   * @throws HoldfastError DOCUMENT_INVALID - the present or the changed value is refused; nothing was published
   * @throws HoldfastError READ_FAILED, TARGET_REFUSED, WRITE_FAILED - as `read` and `AtomicWriter.write`
   */
  async update(
    path: string,
    held: Held,
    change: (value: Value | undefined) => Value,
  ): Promise<Published<Value>> {
    this.#requireExclusive(held);
    const found = await findLater(path);
    const { bytes, value, generation } = nextDocument(this.#present(path, found), change);
    const restamped = restampedLastGood(found, generation);
    if (restamped !== undefined) await this.#writer.write(lastGoodPath(path), restamped, { held });
    await this.#writer.write(path, bytes, { held, beforePublish: () => this.#keepEarlier(path, found) });
    this.#seen.note(path, generation);
    return { value, generation };
  }

  /** `update`, blocking: for small hot documents. */
  updateSync(path: string, held: Held, change: (value: Value | undefined) => Value): Published<Value> {
    this.#requireExclusive(held);
    const found = find(path);
    const { bytes, value, generation } = nextDocument(this.#present(path, found), change);
    const restamped = restampedLastGood(found, generation);
    if (restamped !== undefined) this.#writer.writeSync(lastGoodPath(path), restamped, { held });
    this.#writer.writeSync(path, bytes, { held, beforePublish: () => this.#keepEarlier(path, found) });
    this.#seen.note(path, generation);
    return { value, generation };
  }

  /**
   * Removes the document and its last good generation, under the lock. Absent is fine; evidence of damage stays.
   *
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - nothing was removed
   * @throws HoldfastError WRITE_FAILED, TARGET_REFUSED - as `AtomicWriter.remove`
   */
  async remove(path: string, held: Held): Promise<void> {
    this.#requireExclusive(held);
    // The last good one first, flushed on its own: the other way round, or in one flush, a crash could bring the document
    // back one generation older.
    await this.#writer.remove(lastGoodPath(path), { held });
    await this.#writer.remove(path, { held });
    this.#seen.forget(path);
  }

  #requireExclusive(held: Held | undefined): void {
    if (held === undefined) throw noHold(this.#scope);
    requireHeld(held, this.#scope);
    if (held.mode === 'exclusive') return;
    throw new HoldfastError(
      'LOCK_WRONG_SCOPE',
      `a shared hold of ${held.scope} was given where an exclusive one is needed`,
      {
        details: { given: held.mode, needed: 'exclusive', scope: held.scope },
      },
    );
  }

  #result(path: string, found: FoundDocument): ReadResult<Value> {
    const seen = this.#seen.of(path);
    const wentBack = found.source !== 'last-good' && generationOf(found) < seen ? { wentBackFrom: seen } : {};
    if (found.source === 'absent') return { value: undefined, generation: 0, source: 'absent', ...wentBack };
    const value = this.#schema.accept(found, path);
    this.#seen.note(path, found.generation);
    return { value, generation: found.generation, source: found.source, ...wentBack };
  }

  #present(path: string, found: FoundDocument): PresentDocument<Value> {
    return { path, found, schema: this.#schema, seen: this.#seen.of(path) };
  }

  /** Runs right before the rename that publishes, under its fence check. */
  #keepEarlier(path: string, found: FoundDocument): void {
    if (found.source === 'current') keepLastGood(path, found.bytes, this.#writer);
    else if (found.source === 'last-good' && found.isCurrentDamaged) setAside(path, this.#clock.wallMs());
  }
}

/** The compiler refuses a call without a hold; who has none, from JavaScript, is told in our words. */
function noHold(scope: string): HoldfastError {
  return new HoldfastError('LOCK_WRONG_SCOPE', `no hold was given where ${scope} is guarded`, {
    details: { needed: scope },
  });
}

/**
 * After damage the last good value is written again with the number of the generation that was lost, so that it stays at
 * most one behind the current one, whatever is damaged next.
 */
function restampedLastGood(found: FoundDocument, next: number): Uint8Array | undefined {
  if (found.source !== 'last-good') return undefined;
  return encodeDocument(JSON.stringify(found.value), next - 1, found.version);
}

function generationOf(found: FoundDocument): number {
  return found.source === 'absent' ? 0 : found.generation;
}

function find(path: string): FoundDocument {
  const steps = lookUp(path);
  let step = steps.next();
  while (step.done !== true) step = steps.next(readDocumentFileSync(step.value));
  return step.value;
}

async function findLater(path: string): Promise<FoundDocument> {
  const steps = lookUp(path);
  let step = steps.next();
  while (step.done !== true) step = steps.next(await readDocumentFile(step.value));
  return step.value;
}
