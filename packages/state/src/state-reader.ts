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
import { keepLastGood, lastGoodPath, setAside, unlinkIfPresent } from './last-good.ts';
import { type FoundDocument, lookUp } from './look-up.ts';
import { nextDocument } from './next-document.ts';
import { StateValidator } from './state-validator.ts';

export interface StateReaderOptions<Value> {
  /** A synchronous Standard Schema of the document's value. */
  readonly validator: StandardSchemaV1<unknown, Value>;
  /** Decides durability and mode of the files. */
  readonly writer: AtomicWriter;
  /** The scope whose exclusive hold `update` and `remove` demand. */
  readonly scope: string;
  readonly clock?: Clock;
}

export type ReadResult<Value> =
  | { readonly value: Value; readonly generation: number; readonly source: 'current' | 'last-good' }
  | { readonly value: undefined; readonly generation: 0; readonly source: 'absent' };

export interface Published<Value> {
  /** As the next reader will see it. */
  readonly value: Value;
  /** Greater than every earlier one of this document. */
  readonly generation: number;
}

export class StateReader<Value> {
  readonly #validator: StateValidator<Value>;
  readonly #writer: AtomicWriter;
  readonly #scope: string;
  readonly #clock: Clock;

  constructor(options: StateReaderOptions<Value>) {
    this.#validator = new StateValidator(options.validator);
    this.#writer = options.writer;
    this.#scope = options.scope;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * The document at `path`, without a lock.
   *
   * @throws HoldfastError DOCUMENT_INVALID - the schema refuses it (`details.issues`), or current and last good
   *   generation are both damaged
   * @throws HoldfastError READ_FAILED - a file is there and cannot be read
   * @throws HoldfastError TARGET_REFUSED - a link, directory, FIFO or device
   */
  async read(path: string): Promise<ReadResult<Value>> {
    return this.#result(path, await findLater(path));
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
    const { bytes, value, generation } = nextDocument(path, found, this.#validator, change);
    const restamped = restampedLastGood(found);
    if (restamped !== undefined) await this.#writer.write(lastGoodPath(path), restamped, { held });
    await this.#writer.write(path, bytes, { held, beforePublish: () => this.#keepEarlier(path, found) });
    return { value, generation };
  }

  /** `update`, blocking: for small hot documents. */
  updateSync(path: string, held: Held, change: (value: Value | undefined) => Value): Published<Value> {
    this.#requireExclusive(held);
    const found = find(path);
    const { bytes, value, generation } = nextDocument(path, found, this.#validator, change);
    const restamped = restampedLastGood(found);
    if (restamped !== undefined) this.#writer.writeSync(lastGoodPath(path), restamped, { held });
    this.#writer.writeSync(path, bytes, { held, beforePublish: () => this.#keepEarlier(path, found) });
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
    // The last good one first: the other way round a crash in between would bring the document back one generation older.
    await this.#writer.remove(path, { held, beforePublish: () => unlinkIfPresent(lastGoodPath(path)) });
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
    if (found.source === 'absent') return { value: undefined, generation: 0, source: 'absent' };
    const value = this.#validator.validate(found.value, path);
    return { value, generation: found.generation, source: found.source };
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
function restampedLastGood(found: FoundDocument): Uint8Array | undefined {
  if (found.source !== 'last-good') return undefined;
  return encodeDocument(JSON.stringify(found.value), found.generation + 1);
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
