/**
 * A shard's document without a generation before it: for counters that change many times a second and are worth little,
 * where the last good one would be wrong anyway and its link costs as much as the write. The file is the same, so the same
 * tools read it; it is overwritten in place while that is as safe, else replaced. What is damaged is an error until a
 * steward has decided.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type AtomicWriter, InPlaceFile } from '@holdfast/atomic-writer';
import { errnoOf, type Held, HoldfastError, isHoldfastError, requireHeld } from '@holdfast/base';
import { decodeDocument, encodeDocument, StateValidator } from '@holdfast/state';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Entries } from './entries-schema.ts';
import type { ShardDocument } from './shard-document.ts';

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

/** Readings in a row that meet a change under way, each of another moment; what is damaged after them is damaged. */
const mostReadings = 4;

interface Found<Entry> {
  readonly generation: number;
  readonly entries: Entries<Entry>;
}

export class HotDocument<Entry> implements ShardDocument<Entry> {
  readonly path: string;
  readonly scope: string;
  readonly #validator: StateValidator<Entries<Entry>>;
  readonly #writer: AtomicWriter;
  /** The text that was written last, and what it says: found again, to the last byte, it need not be understood again. */
  #known: (Found<Entry> & { readonly text: string }) | undefined;

  constructor(path: string, { validator, writer, scope }: HotDocumentOptions<Entry>) {
    this.path = path;
    this.scope = scope;
    this.#validator = new StateValidator(validator);
    this.#writer = writer;
  }

  read(): Entries<Entry> | undefined {
    for (let left = mostReadings; ; left -= 1) {
      try {
        return this.#understand(readWhole(this.path))?.entries;
      } catch (error) {
        if (left === 1 || !isHoldfastError(error, 'DOCUMENT_INVALID')) throw error;
      }
    }
  }

  change(held: Held, change: (entries: Entries<Entry> | undefined) => Entries<Entry> | undefined): void {
    requireHeld(held, this.scope);
    using file = InPlaceFile.open(this.path);
    const found = this.#understand(file === undefined ? readWhole(this.path) : file.read());
    const entries = change(found?.entries);
    if (entries === undefined) return;
    const generation = (found?.generation ?? 0) + 1;
    const bytes = encodeDocument(JSON.stringify(entries), generation);
    held.signal.throwIfAborted();
    const isWritten = file !== undefined && held.publish(() => file.overwrite(bytes));
    if (!isWritten) this.#writer.writeSync(this.path, bytes, { held, isTargetRead: true });
    this.#known = isItsOwnJson(entries) ? { text: textOf(bytes), generation, entries } : undefined;
  }

  async remove(held: Held): Promise<void> {
    requireHeld(held, this.scope);
    await this.#writer.remove(this.path, { held });
  }

  #understand(bytes: Buffer | undefined): Found<Entry> | undefined {
    const { path } = this;
    if (bytes === undefined) return undefined;
    if (this.#known !== undefined && this.#known.text === textOf(bytes)) return this.#known;
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

/** Whether a reader gets just these: whole numbers come back from JSON as they went, anything else is the schema's to say. */
function isItsOwnJson(entries: Entries<unknown>): boolean {
  for (const name in entries) if (!Number.isSafeInteger(entries[name])) return false;
  return true;
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
