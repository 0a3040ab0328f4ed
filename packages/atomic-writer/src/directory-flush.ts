/** The directories of a group, each opened once before the first rename and flushed once after the last. */
import { dirname } from 'node:path';
import { closeReader } from './close-reader.ts';
import type { FilePort } from './file-port.ts';
import { type WriteStep, writeFailure } from './write-failure.ts';

export class DirectoryFlush {
  readonly #port: FilePort;
  /** Directory → its descriptor and the file that brought it here, which errors speak of. */
  readonly #opened = new Map<string, { readonly descriptor: number; readonly path: string }>();

  constructor(port: FilePort) {
    this.#port = port;
  }

  /**
   * Opens the directory of the file at `path`.
   *
   * @throws HoldfastError WRITE_FAILED
   */
  open(path: string): void {
    const directory = dirname(path);
    if (this.#opened.has(directory)) return;
    try {
      this.#opened.set(directory, { descriptor: this.#port.openDirectory(directory), path });
    } catch (cause) {
      throw failed(path, 'open-directory', cause);
    }
  }

  /** @throws HoldfastError WRITE_FAILED - `details.published` is true: every file is in place */
  async flush(): Promise<void> {
    for (const { descriptor, path } of this.#opened.values()) {
      try {
        await this.#port.flushLater(descriptor);
      } catch (cause) {
        throw failed(path, 'flush-directory', cause);
      }
    }
  }

  /** Never throws: descriptors that were open for reading have nothing to lose. */
  close(): void {
    for (const { descriptor } of this.#opened.values()) {
      closeReader(this.#port, descriptor);
    }
    this.#opened.clear();
  }
}

function failed(path: string, step: WriteStep, cause: unknown): Error {
  return writeFailure({ path, step, cause });
}
