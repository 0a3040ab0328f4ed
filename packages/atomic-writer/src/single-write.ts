/**
 * One write from its target to its receipt. The order of effects is read here, once blocking and once not: create, fill,
 * seal, flush, publish, flush the directory. Any failure discards the temporary file and is reported with its step.
 */
import { isHoldfastError } from '@holdfast/base';
import { blockingSleep } from './blocking-sleep.ts';
import { piecesOf, piecesOfStream, toBytes, type WriteData } from './data-source.ts';
import { runningSha256, sha256Of } from './digest.ts';
import { PendingFile } from './pending-file.ts';
import { Publication } from './publication.ts';
import { locateTarget, type Target } from './target.ts';
import { writeFailure } from './write-failure.ts';
import type { WriteOptions, WriteReceipt, WriterSettings } from './writer-options.ts';

/** Bytes up to which a write goes straight to the page cache: a thread of the pool costs more than the copy. */
const directBytes = 64 * 1024;

export class SingleWrite {
  readonly #settings: WriterSettings;
  readonly #options: WriteOptions;
  readonly #startMs: number;
  readonly #target: Target;
  readonly #pending: PendingFile;
  readonly #publication: Publication;

  /**
   * @param options - `signal` is also that of the hold, if there is one
   * @param startMs - monotonic time from which `tookMs` counts
   * @throws HoldfastError TARGET_REFUSED or WRITE_FAILED - before any effect
   */
  constructor(settings: WriterSettings, path: string, options: WriteOptions, startMs: number) {
    const { port } = settings;
    this.#settings = settings;
    this.#options = options;
    this.#startMs = startMs;
    this.#target = locateTarget(port, path, settings.symlink);
    this.#pending = new PendingFile(port, this.#target.path);
    this.#publication = new Publication(
      port,
      this.#target.path,
      options.held?.budgetMs ?? settings.retryBudgetMs,
    );
  }

  runSync(data: string | Uint8Array): WriteReceipt {
    const pending = this.#pending;
    try {
      const bytes = toBytes(data);
      pending.create();
      pending.append(bytes);
      pending.seal(this.#mode);
      if (this.#settings.flushesFile) pending.flush();
      pending.prepare(this.#settings.flushesDirectory);
      for (let waitMs = this.#attempt(); waitMs !== undefined; waitMs = this.#attempt())
        blockingSleep(waitMs);
      if (this.#settings.flushesDirectory) pending.flushDirectory();
      return this.#receipt(sha256Of(bytes));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async run(data: WriteData): Promise<WriteReceipt> {
    const pending = this.#pending;
    const { clock } = this.#settings;
    try {
      pending.create();
      const sha256 = await this.#fill(data);
      pending.seal(this.#mode);
      if (this.#settings.flushesFile) await pending.flushLater();
      pending.prepare(this.#settings.flushesDirectory);
      for (let waitMs = this.#attempt(); waitMs !== undefined; waitMs = this.#attempt()) {
        await clock.sleep(waitMs, this.#options.signal);
      }
      if (this.#settings.flushesDirectory) await pending.flushDirectoryLater();
      return this.#receipt(sha256);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  get #mode(): number {
    const { keepsMode, mode } = this.#settings;
    return keepsMode ? (this.#target.existingMode ?? mode) : mode;
  }

  /** Writes all of `data` and returns its digest. */
  async #fill(data: WriteData): Promise<string> {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      this.#pending.awaitSource();
      return await this.#fillFrom(piecesOfStream(data, this.#options.signal));
    }
    const bytes = toBytes(data);
    if (bytes.length > directBytes) return await this.#fillFrom(piecesOf(bytes));
    this.#pending.append(bytes);
    return sha256Of(bytes);
  }

  async #fillFrom(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    const digest = runningSha256();
    for await (const piece of pieces) {
      this.#options.signal?.throwIfAborted();
      const written = this.#pending.appendLater(piece);
      digest.update(piece); // while the pool writes
      await written;
      this.#pending.awaitSource();
    }
    return digest.digest('hex');
  }

  #attempt(): number | undefined {
    const { held } = this.#options;
    return this.#publication.attempt(() => {
      if (held === undefined) this.#publish();
      else held.publish(() => this.#publish());
    });
  }

  #publish(): void {
    this.#options.signal?.throwIfAborted();
    this.#options.beforePublish?.();
    this.#pending.rename();
  }

  #receipt(sha256: string): WriteReceipt {
    const tookMs = this.#settings.clock.monotonicMs() - this.#startMs;
    return { bytes: this.#pending.sizeBytes, sha256, retries: this.#publication.retries, tookMs };
  }

  /** Discards what is there and tells what to throw: a lost lock or an abort as it is, all else as WRITE_FAILED. */
  #failed(cause: unknown): unknown {
    const { step } = this.#pending;
    const { signal } = this.#options;
    const leftBehind = this.#pending.discard();
    if (signal?.aborted === true && cause === signal.reason) return cause;
    if (isHoldfastError(cause) && step !== 'source') return cause;
    return writeFailure({
      path: this.#target.path,
      step,
      cause,
      retries: this.#publication.retries,
      leftBehind,
      mountTable: this.#settings.port.mountTable,
    });
  }
}
