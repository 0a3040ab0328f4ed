/**
 * A shard's document without a generation before it: for counters that change many times a second and are worth little,
 * where the last good one would be wrong anyway and its link costs as much as the write. The file is the same, so the same
 * tools read it; it is overwritten in place while that is as safe, else replaced. What is damaged is an error until a
 * steward has decided.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type AtomicWriter, InPlaceFile } from '@holdfast/atomic-writer';
import { errnoOf, type Held, HoldfastError, isHoldfastError, requireHeld } from '@holdfast/base';
import { decodeDocument, encodeDocument, type SealedDocument, StateValidator, unseal } from '@holdfast/state';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type FoundCounter, findCounter } from './counter-text.ts';
import { type Entries, withEntry } from './entries-schema.ts';
import { settledReading } from './settled-reading.ts';
import type { ChangeEntry, ShardDocument } from './shard-document.ts';

export interface HotDocumentOptions<Entry> {
  readonly validator: StandardSchemaV1<unknown, Entries<Entry>>;
  readonly writer: AtomicWriter;
  /** The scope whose exclusive hold a change demands. */
  readonly scope: string;
}

// Without following links; a FIFO in the place of the file does not block, and is empty. Undefined on Windows.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Read into at first: most documents fit. Used between two lines of one synchronous function only. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024);

interface Found<Entry> {
  readonly generation: number;
  readonly entries: Entries<Entry>;
}

/** An entry that was found in the text, and the document around it. */
interface FoundEntry<Entry> {
  readonly entry: Entry;
  readonly counter: FoundCounter;
  readonly document: SealedDocument;
}

export class HotDocument<Entry> implements ShardDocument<Entry> {
  readonly path: string;
  readonly scope: string;
  readonly #validator: StateValidator<Entries<Entry>>;
  readonly #writer: AtomicWriter;
  /** What was written last. Found again, to the last byte, it is whole and need not be checked again. */
  #known: { readonly text: string; readonly document: SealedDocument } | undefined;

  constructor(path: string, { validator, writer, scope }: HotDocumentOptions<Entry>) {
    this.path = path;
    this.scope = scope;
    this.#validator = new StateValidator(validator);
    this.#writer = writer;
  }

  read(): Entries<Entry> | undefined {
    return settled(() => this.#understand(readWhole(this.path))?.entries);
  }

  readEntry(name: string): Entry | undefined {
    return settled(() => {
      const bytes = readWhole(this.path);
      const found = this.#findEntry(bytes, name);
      return found === undefined ? this.#understand(bytes)?.entries[name] : found.entry;
    });
  }

  change(held: Held, change: (entries: Entries<Entry> | undefined) => Entries<Entry> | undefined): void {
    requireHeld(held, this.scope);
    const found = this.#understand(readWhole(this.path));
    const entries = change(found?.entries);
    if (entries !== undefined) this.#replace(held, found, entries);
  }

  changeEntry(held: Held, name: string, change: ChangeEntry<Entry>): void {
    requireHeld(held, this.scope);
    using file = InPlaceFile.open(this.path);
    const bytes = file === undefined ? readWhole(this.path) : file.read();
    const found = this.#findEntry(bytes, name);
    const whole = found === undefined ? this.#understand(bytes) : undefined;
    const next = change(found === undefined ? whole?.entries[name] : found.entry, bytes !== undefined);
    if (next === undefined) return;
    if (file !== undefined && found !== undefined) {
      const successor = successorOf(found, next.entry);
      held.signal.throwIfAborted();
      if (successor !== undefined && this.#overwrite(held, file, successor)) return;
    }
    // From memory: what could not be overwritten whole is not whole any more.
    const before = found === undefined ? whole : this.#understand(sealed(found.document));
    this.#replace(held, before, withEntry(before?.entries ?? {}, name, next.entry));
  }

  async remove(held: Held): Promise<void> {
    requireHeld(held, this.scope);
    await this.#writer.remove(this.path, { held });
  }

  #overwrite(held: Held, file: InPlaceFile, document: SealedDocument): boolean {
    const bytes = sealed(document);
    const isWritten = held.publish(() => file.overwrite(bytes));
    this.#known = isWritten ? { text: textOf(bytes), document } : undefined;
    return isWritten;
  }

  #replace(held: Held, before: Found<Entry> | undefined, entries: Entries<Entry>): void {
    const bytes = encodeDocument(JSON.stringify(entries), (before?.generation ?? 0) + 1);
    this.#writer.writeSync(this.path, bytes, { held, isTargetRead: true });
  }

  /** Undefined where the document is not whole, or has to be understood: `#understand` says which. */
  #findEntry(bytes: Buffer | undefined, name: string): FoundEntry<Entry> | undefined {
    if (bytes === undefined) return undefined;
    const document = this.#known?.text === textOf(bytes) ? this.#known.document : unseal(bytes);
    if (document.kind !== 'sealed') return undefined;
    const counter = findCounter(document.json, name);
    if (counter === undefined) return undefined;
    const { [name]: entry } = this.#validator.validate({ [name]: counter.value }, this.path);
    return entry === undefined ? undefined : { entry, counter, document };
  }

  #understand(bytes: Buffer | undefined): Found<Entry> | undefined {
    const { path } = this;
    if (bytes === undefined) return undefined;
    const document = decodeDocument(bytes);
    switch (document.kind) {
      case 'good':
        return {
          generation: document.generation,
          entries: this.#validator.validate(document.value, path),
        };
      case 'newer': {
        const { format } = document;
        throw new HoldfastError(
          'DOCUMENT_NEWER',
          `${path} was written by a newer version (format ${format})`,
          {
            details: { path, format },
          },
        );
      }
      case 'damaged': {
        const { reason } = document;
        throw new HoldfastError('DOCUMENT_INVALID', `${path} is damaged: ${reason}`, {
          details: { path, current: reason, issues: [] },
        });
      }
      default:
        return document satisfies never;
    }
  }
}

/** Without the lock: what is damaged may have been read in the middle of a change. */
function settled<Result>(read: () => Result): Result {
  const attempt = settledReading(
    () => tried(read),
    ({ error }) => isHoldfastError(error, 'DOCUMENT_INVALID'),
  );
  if ('result' in attempt) return attempt.result as Result;
  throw attempt.error;
}

function tried<Result>(read: () => Result): { readonly result?: Result; readonly error?: unknown } {
  try {
    return { result: read() };
  } catch (error) {
    return { error };
  }
}

function sealed({ json, generation, version }: SealedDocument): Buffer {
  return encodeDocument(json, generation, version);
}

/** The document with another number in it; undefined when that is none, or one of another length. */
function successorOf({ counter, document }: FoundEntry<unknown>, entry: unknown): SealedDocument | undefined {
  const json = typeof entry === 'number' ? counter.replacedBy(entry) : undefined;
  return json === undefined ? undefined : { ...document, json, generation: document.generation + 1 };
}

/** One character a byte, so that different bytes are different texts. */
function textOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** What stands in the file, in memory that the next call overwrites; undefined when nothing has that name. */
function readWhole(path: string): Buffer | undefined {
  try {
    const descriptor = openSync(path, openFlags);
    try {
      return readAll(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return undefined;
    if (errno === 'ELOOP' || errno === 'EISDIR') {
      const what = errno === 'ELOOP' ? 'a symbolic link' : 'a directory';
      throw new HoldfastError('TARGET_REFUSED', `${path} is ${what}`, { cause, details: { path } });
    }
    throw new HoldfastError('READ_FAILED', `${path} cannot be read`, { cause, details: { path, errno } });
  }
}

/** One call where the document fits; what does not is collected. */
function readAll(descriptor: number): Buffer {
  const first = readSync(descriptor, buffer, 0, buffer.length, null);
  if (first < buffer.length) return buffer.subarray(0, first);
  const pieces = [Buffer.from(buffer)];
  for (;;) {
    const length = readSync(descriptor, buffer, 0, buffer.length, null);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(Buffer.from(buffer.subarray(0, length)));
  }
}
