/**
 * A small private file that is overwritten where it is, for counters: making a file and renaming it costs several times as
 * much, and protects from a power cut, after which tmpfs is empty anyway.
 *
 * Promises, on Linux: who holds the lock of the file and has it read finds it whole, also after a SIGKILL in the middle of an
 * `overwrite`, because a page of the cache is written by one copy, which no signal cuts in two.
 *
 * Does not promise: that who reads without the lock at that very moment gets all of the old or all of the new. The bytes need a
 * checksum of their own, as a document has, and such a reader reads again. Nothing is flushed: a power cut may tear it on a disk.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

// Without following links; a FIFO in the place of the file does not block. Undefined on Windows.
const openFlags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** The smallest page that Linux has. */
const pageBytes = 4_096;
const privateMode = 0o600;

/** Read into. Used between two lines of one synchronous function only. */
const buffer = Buffer.allocUnsafeSlow(2 * pageBytes);

export class InPlaceFile implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #size: number;

  private constructor(path: string, descriptor: number, size: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /**
   * Under the lock of the file. Undefined where there is none that may be overwritten: a regular file, 0600, of at most a
   * page, and under this one name, since a second one, such as that of evidence, would change with it.
   */
  static open(path: string): InPlaceFile | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(path, openFlags);
    } catch {
      return undefined; // whoever replaces it is told why
    }
    const found = fstatSync(descriptor);
    const isFit = found.isFile() && found.nlink === 1 && (found.mode & 0o777) === privateMode;
    if (isFit && found.size <= pageBytes) return new InPlaceFile(path, descriptor, found.size);
    closeSync(descriptor);
    return undefined;
  }

  /**
   * @returns its bytes, in memory that the next call overwrites
   * @throws HoldfastError READ_FAILED
   */
  read(): Buffer {
    const path = this.#path;
    try {
      return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, 0));
    } catch (cause) {
      const errno = errnoOf(cause);
      throw new HoldfastError('READ_FAILED', `${path} cannot be read`, { cause, details: { path, errno } });
    }
  }

  /**
   * Belongs into `held.publish`, as a rename does.
   *
   * @returns whether it has all the bytes now; if not, because they are more or fewer than before or the file system refused
   *   some, it is to be replaced by an `AtomicWriter`
   */
  overwrite(bytes: Buffer): boolean {
    if (bytes.length !== this.#size) return false;
    try {
      return writeSync(this.#descriptor, bytes, 0, bytes.length, 0) === bytes.length;
    } catch {
      return false;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
