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
import { resolve } from 'node:path';
import type { AtomicWriter } from '@holdfast/atomic-writer';
import {
  type Clock,
  type Held,
  HoldfastError,
  isHoldfastError,
  requireHeld,
  systemClock,
} from '@holdfast/base';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { readDocumentFile, readDocumentFileSync } from './document-file.ts';
import { bodyOf, encodeDocument } from './document-format.ts';
import { DocumentSchema, type Migration } from './document-schema.ts';
import { keepLastGood, lastGoodPath, setAside } from './last-good.ts';
import { type FoundDocument, lookUp } from './look-up.ts';
import { type NextDocument, nextDocument } from './next-document.ts';
import { SeenGenerations } from './seen-generations.ts';
import { inTurnOfDocument, overtake } from './turn-of-document.ts';

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
    const absolute = resolve(path);
    const found = await findLater(absolute);
    // A read that began later has ended before: looking again without a turn of the event loop settles it.
    return this.#result(absolute, generationOf(found) < this.#seen.of(absolute) ? find(absolute) : found);
  }

  /** `read`, blocking: for hot documents in the page cache, where the event loop costs more than the file. */
  readSync(path: string): ReadResult<Value> {
    const absolute = resolve(path);
    return this.#result(absolute, find(absolute));
  }

  /**
   * Read, validate, change, publish in one call, under the lock. A damaged current file is moved aside as evidence. Calls
   * for one document that are made at once follow one another.
   *
   * @param held - an exclusive hold of the reader's scope
   * @param change - gets the present value, undefined when there is none, and returns the next one; it may change what
   *   it got. What it throws is passed on, and nothing is written. It is asked again, with the newer value, when an
   *   `updateSync` of this process has come in between
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
    const absolute = resolve(path);
    return await inTurnOfDocument(absolute, async (overtakings) => {
      for (;;) {
        const before = overtakings();
        const published = await this.#updateUnless(() => overtakings() > before, absolute, held, change);
        if (published !== undefined) return published;
      }
    });
  }

  /** `update`, blocking: for small hot documents. Goes before an `update` that is under way. */
  updateSync(path: string, held: Held, change: (value: Value | undefined) => Value): Published<Value> {
    this.#requireExclusive(held);
    const absolute = resolve(path);
    const { found, next, restamped } = this.#prepare(absolute, find(absolute), change);
    if (restamped !== undefined) this.#writer.writeSync(lastGoodPath(absolute), restamped, { held });
    const beforePublish = () => this.#keepEarlier(absolute, found, restamped);
    this.#writer.writeSync(absolute, next.bytes, { held, beforePublish });
    overtake(absolute);
    return this.#published(absolute, next);
  }

  /**
   * Removes the document and its last good generation, under the lock. Absent is fine; evidence of damage stays.
   *
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - nothing was removed
   * @throws HoldfastError WRITE_FAILED, TARGET_REFUSED - as `AtomicWriter.remove`
   */
  async remove(path: string, held: Held): Promise<void> {
    this.#requireExclusive(held);
    const absolute = resolve(path);
    await inTurnOfDocument(absolute, async () => {
      // The last good one first, flushed on its own: the other way round, or in one flush, a crash could bring the
      // document back one generation older.
      await this.#writer.remove(lastGoodPath(absolute), { held });
      await this.#writer.remove(absolute, { held });
      this.#seen.forget(absolute);
    });
  }

  /** @returns undefined when it was overtaken before it published anything of its own */
  async #updateUnless(
    isOvertaken: () => boolean,
    path: string,
    held: Held,
    change: (value: Value | undefined) => Value,
  ): Promise<Published<Value> | undefined> {
    const { found, next, restamped } = this.#prepare(path, await findLater(path), change);
    const refuseOvertaken = () => {
      if (isOvertaken()) throw new Overtaken();
    };
    const beforePublish = () => {
      refuseOvertaken();
      this.#keepEarlier(path, found, restamped);
    };
    try {
      if (restamped !== undefined) {
        await this.#writer.write(lastGoodPath(path), restamped, { held, beforePublish: refuseOvertaken });
      }
      await this.#writer.write(path, next.bytes, { held, beforePublish });
    } catch (error) {
      if (isHoldfastError(error) && error.cause instanceof Overtaken) return undefined;
      throw error;
    }
    return this.#published(path, next);
  }

  #prepare(
    path: string,
    found: FoundDocument,
    change: (value: Value | undefined) => Value,
  ): PreparedUpdate<Value> {
    const next = nextDocument({ path, found, schema: this.#schema, seen: this.#seen.of(path) }, change);
    return { found, next, restamped: restampedLastGood(found, next.generation) };
  }

  #published(path: string, { value, generation }: NextDocument<Value>): Published<Value> {
    this.#seen.note(path, generation);
    return { value, generation };
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

  /** Runs right before the rename that publishes, under its fence check. */
  #keepEarlier(path: string, found: FoundDocument, restamped: Uint8Array | undefined): void {
    if (found.source === 'last-good' && found.isCurrentDamaged) setAside(path, this.#clock.wallMs());
    if (found.source === 'current' && restamped === undefined) keepLastGood(path, found.bytes, this.#writer);
  }
}

interface PreparedUpdate<Value> {
  readonly found: FoundDocument;
  readonly next: NextDocument<Value>;
  /** What the last good one is to be written as, where it is not just the present file. */
  readonly restamped: Uint8Array | undefined;
}

/** Never leaves this module. */
class Overtaken extends Error {}

/** The compiler refuses a call without a hold; who has none, from JavaScript, is told in our words. */
function noHold(scope: string): HoldfastError {
  return new HoldfastError('LOCK_WRONG_SCOPE', `no hold was given where ${scope} is guarded`, {
    details: { needed: scope },
  });
}

/**
 * After damage, and after a backup was put back, the value before is written again with the number right before the next
 * one, so that the last good generation stays at most one behind the current one, whatever is damaged next. The body is
 * taken from the file: a change, migration or schema may have worked on the value itself.
 */
function restampedLastGood(found: FoundDocument, next: number): Uint8Array | undefined {
  if (found.source === 'absent') return undefined;
  if (found.source === 'current' && found.generation === next - 1) return undefined;
  return encodeDocument(bodyOf(found.bytes), next - 1, found.version);
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
