/**
 * Many small files at the price of few flushes. Everything that can fail for want of space or permission happens while
 * nobody sees it; then the renames follow one another, and at last each directory is flushed once.
 */
import { HoldfastError, isHoldfastError } from '@holdfast/base';
import { DirectoryFlush } from './directory-flush.ts';
import { SingleWrite } from './single-write.ts';
import type { WriteManyOptions, WriteReceipt, WriterSettings } from './writer-options.ts';

export interface WriteEntry {
  readonly path: string;
  /** UTF-8 text or bytes; no streams, which are neither many nor small. */
  readonly data: string | Uint8Array;
}

/**
 * Files that are open at once. They are all filled before the first is flushed: a journal that has to be committed for
 * one then carries the others too.
 */
const batchSize = 64;

export class GroupWrite {
  readonly #settings: WriterSettings;
  readonly #options: WriteManyOptions;
  readonly #startMs: number;
  #writes: readonly SingleWrite[] = [];
  #publishedCount = 0;

  /** @param startMs - monotonic time from which `tookMs` counts */
  constructor(settings: WriterSettings, options: WriteManyOptions, startMs: number) {
    this.#settings = settings;
    this.#options = options;
    this.#startMs = startMs;
  }

  async run(entries: readonly WriteEntry[]): Promise<readonly WriteReceipt[]> {
    const { flushesDirectory, port } = this.#settings;
    // All targets are examined first: a directory in the middle of the list costs no write at all.
    this.#writes = entries.map(
      ({ path }) => new SingleWrite(this.#settings, path, this.#options, this.#startMs),
    );
    const directories = new DirectoryFlush(port);
    try {
      await this.#prepare(entries);
      if (flushesDirectory) for (const { path } of this.#writes) directories.open(path);
      for (const write of this.#writes) {
        await write.publish();
        this.#publishedCount += 1;
      }
      await directories.flush();
      return this.#writes.map((write) => write.receipt());
    } catch (error) {
      for (const write of this.#writes) write.discard();
      throw this.#failed(error);
    } finally {
      directories.close();
    }
  }

  async #prepare(entries: readonly WriteEntry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += batchSize) {
      const batch = this.#writes.slice(start, start + batchSize);
      for (const [index, write] of batch.entries()) {
        this.#options.signal?.throwIfAborted();
        await write.fill(entries[start + index]?.data ?? '');
      }
      await allSettled(batch.map((write) => write.settle()));
    }
  }

  /** As it is when nothing was published; else with the list of what was. */
  #failed(cause: unknown): unknown {
    if (this.#publishedCount === 0) return cause;
    const publishedPaths = this.#writes.slice(0, this.#publishedCount).map(({ path }) => path);
    const count = `${publishedPaths.length} of ${this.#writes.length} files were written`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { code, details } = isHoldfastError(cause)
      ? cause
      : ({ code: 'WRITE_FAILED', details: {} } as const);
    return new HoldfastError(code, `${count}, then: ${reason}`, {
      cause,
      details: { ...details, publishedPaths },
    });
  }
}

/** Waits for all, so that nothing is under way any more when the first failure is thrown. */
async function allSettled(parts: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
}
