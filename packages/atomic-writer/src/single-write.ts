/**
 * One write from its target to its receipt. The order of effects is read here, once blocking and once not: create, fill,
 * seal, flush, read back, publish, flush the directory. Any failure discards the temporary file and is reported with its
 * step. A group takes the parts apart: all of its files are prepared before the first is published.
 */
import { isHoldfastError } from '@holdfast/base';
import { blockingSleep } from './blocking-sleep.ts';
import { piecesOf, piecesOfStream, toBytes, type WriteData } from './data-source.ts';
import { runningSha256, sha256Of } from './digest.ts';
import { PendingFile } from './pending-file.ts';
import type { WholeFileWriter } from './portable-engine.ts';
import { Publication } from './publication.ts';
import { type RetryBudget, retryBudget } from './retry-budget.ts';
import { locateTarget, lookAgain, type Target, targetAsRead } from './target.ts';
import { writeFailure } from './write-failure.ts';
import type { WriteOptions, WriteReceipt, WriterSettings } from './writer-options.ts';

/** Bytes up to which a write goes straight to the page cache: a thread of the pool costs more than the copy. */
const directBytes = 64 * 1024;

export class SingleWrite {
  readonly #settings: WriterSettings;
  readonly #options: WriteOptions;
  readonly #startMs: number;
  #target: Target;
  readonly #pending: PendingFile;
  readonly #publication: Publication;
  #budget: RetryBudget | undefined;
  #sha256 = '';

  /**
   * @param options - `signal` is also that of the hold, if there is one
   * @param startMs - monotonic time from which `tookMs` counts
   * @throws HoldfastError TARGET_REFUSED or WRITE_FAILED - before any effect
   */
  constructor(settings: WriterSettings, path: string, options: WriteOptions, startMs: number) {
    const { port, clock } = settings;
    this.#settings = settings;
    this.#options = options;
    this.#startMs = startMs;
    const isKnown = options.isTargetRead === true && !settings.keepsMode && settings.symlink !== 'follow';
    this.#target = isKnown ? targetAsRead(path) : locateTarget(port, path, settings.symlink);
    this.#pending = new PendingFile(port, this.#target.path);
    const budget = () => (this.#budget ??= retryBudget(options.held, settings.retryBudgetMs));
    this.#publication = new Publication({ port, clock, path: this.#target.path, budget });
  }

  /** Absolute path of the file that is replaced. */
  get path(): string {
    return this.#target.path;
  }

  runSync(data: string | Uint8Array): WriteReceipt {
    const { flushesFile, flushesDirectory, verifiesHash } = this.#settings;
    const pending = this.#pending;
    try {
      this.#fillSync(toBytes(data));
      this.#seal();
      if (flushesFile) pending.flush();
      if (verifiesHash) pending.verify(this.#sha256);
      pending.close();
      if (flushesDirectory) pending.openDirectory();
      for (let waitMs = this.#attempt(); waitMs !== undefined; waitMs = this.#attempt())
        blockingSleep(waitMs);
      if (flushesDirectory) pending.flushDirectory();
      return this.receipt();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async run(data: WriteData): Promise<WriteReceipt> {
    const { flushesDirectory } = this.#settings;
    const pending = this.#pending;
    try {
      await this.#fill(data);
      await this.#settle();
      if (flushesDirectory) pending.openDirectory();
      await this.#publishLater();
      if (flushesDirectory) await pending.flushDirectoryLater();
      return this.receipt();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** The first part of `run` for a group: the temporary file has all its bytes. */
  async fill(data: string | Uint8Array): Promise<void> {
    await this.#orFail(() => this.#fill(data));
  }

  /** The second: it is checked, flushed and closed, and nobody has seen it. */
  async settle(): Promise<void> {
    await this.#orFail(() => this.#settle());
  }

  /** The third: it is in place; the directory is the group's to flush. */
  async publish(): Promise<void> {
    await this.#orFail(() => this.#publishLater());
  }

  receipt(): WriteReceipt {
    const tookMs = this.#settings.clock.monotonicMs() - this.#startMs;
    return {
      bytes: this.#pending.sizeBytes,
      sha256: this.#sha256,
      retries: this.#publication.retries,
      tookMs,
    };
  }

  /** Takes back what is not published. Never throws. */
  discard(): void {
    this.#pending.discard();
  }

  async #orFail(part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #fillSync(bytes: Uint8Array): void {
    const { library } = this.#settings;
    this.#pending.create();
    if (library === undefined) this.#pending.append(bytes);
    else this.#replaceSync(library, bytes);
    this.#sha256 = sha256Of(bytes);
  }

  /** Writes all of `data` and keeps its digest. */
  async #fill(data: WriteData): Promise<void> {
    this.#pending.create();
    if (typeof data === 'string' || data instanceof Uint8Array) {
      await this.#fillWhole(toBytes(data));
    } else {
      this.#pending.awaitSource();
      await this.#fillFrom(piecesOfStream(data, this.#options.signal));
      this.#pending.endSource();
      // It may have taken hours, and the file may have been made private, or become something else.
      this.#target = lookAgain(this.#settings.port, this.#target, this.#settings.symlink);
    }
  }

  async #fillWhole(bytes: Uint8Array): Promise<void> {
    const { library } = this.#settings;
    if (library === undefined && bytes.length > directBytes) return await this.#fillFrom(piecesOf(bytes));
    if (library === undefined) this.#pending.append(bytes);
    else await this.#replace(library, bytes);
    this.#sha256 = sha256Of(bytes);
  }

  /** The library renames too, onto our temporary file, and may be refused as we may be. */
  async #replace(library: WholeFileWriter, bytes: Uint8Array): Promise<void> {
    const attempt = () => this.#publication.attemptLater(() => this.#pending.replaceLater(library, bytes));
    for (let waitMs = await attempt(); waitMs !== undefined; waitMs = await attempt()) {
      await this.#settings.clock.sleep(waitMs, this.#options.signal);
    }
  }

  #replaceSync(library: WholeFileWriter, bytes: Uint8Array): void {
    const attempt = () => this.#publication.attempt(() => this.#pending.replace(library, bytes));
    for (let waitMs = attempt(); waitMs !== undefined; waitMs = attempt()) blockingSleep(waitMs);
  }

  async #fillFrom(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const digest = runningSha256();
    for await (const piece of pieces) {
      this.#options.signal?.throwIfAborted();
      const written = this.#pending.appendLater(piece);
      digest.update(piece); // while the pool writes
      await written;
      this.#pending.awaitSource();
    }
    this.#sha256 = digest.digest('hex');
  }

  #seal(): void {
    const { keepsMode, keepsOwner, mode } = this.#settings;
    const { existing } = this.#target;
    this.#pending.seal({
      mode: keepsMode ? (existing?.mode ?? mode) : mode,
      owner: keepsOwner ? existing : undefined,
    });
  }

  async #settle(): Promise<void> {
    const { flushesFile, verifiesHash } = this.#settings;
    this.#seal();
    if (flushesFile) await this.#pending.flushLater();
    if (verifiesHash) await this.#pending.verifyLater(this.#sha256);
    this.#pending.close();
  }

  async #publishLater(): Promise<void> {
    for (let waitMs = this.#attempt(); waitMs !== undefined; waitMs = this.#attempt()) {
      await this.#settings.clock.sleep(waitMs, this.#options.signal);
    }
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
      tookMs: this.#settings.clock.monotonicMs() - this.#startMs,
      leftBehind,
      port: this.#settings.port,
    });
  }
}
