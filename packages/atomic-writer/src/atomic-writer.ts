/**
 * Replaces files so that nobody ever sees half of one: temp, size check, flush, rename, directory flush.
 *
 * Promises: after a crash at any point the path holds the old bytes or the new bytes, whole; a failure leaves the old
 * file and no temporary one; with a hold, a writer that has lost its lock cannot publish. Durability is apart from
 * atomicity: 'none' survives a killed process, 'file' keeps the content over a power cut once the name is there, 'full'
 * (the default) also the name.
 *
 * Does not promise: serialisation (two writers are last-wins; read-modify-write needs a hold), nor to keep ACL, extended
 * attributes or hard links of the file that is replaced; its owner only when asked to.
 */
import type { WriteData } from './data-source.ts';
import { removeFile } from './file-removal.ts';
import { GroupWrite, type WriteEntry } from './group-write.ts';
import { type SweepOptions, type SweepReport, sweepOrphans } from './orphan-sweep.ts';
import { SingleWrite } from './single-write.ts';
import { orderingKey } from './target.ts';
import { inTurn } from './write-queue.ts';
import {
  type AtomicWriterOptions,
  resolveSettings,
  type WriteManyOptions,
  type WriteOptions,
  type WriteReceipt,
  type WriterSettings,
  type WriteSyncOptions,
} from './writer-options.ts';

export class AtomicWriter {
  readonly #settings: WriterSettings;

  constructor(options: AtomicWriterOptions = {}) {
    this.#settings = resolveSettings(options);
  }

  /**
   * Publishes `data` at `path`: after a crash at any point the file holds the old bytes or the new bytes, whole.
   *
   * Writes of one real path follow one another in the order of the calls, inside this process. Flushes run off the
   * event loop; the short calls (create, rename, close) do not. Costs one fsync per flush (about 0.2 to 0.5 ms on a
   * virtual disk).
   *
   * @param data - UTF-8 text or bytes; a stream is consumed once, one piece at a time, and must not wait for another write of
   *   the path, which waits for it
   * @throws HoldfastError WRITE_FAILED - the old file is untouched and no temporary file is left; `details.published`
   *   marks the exception, a directory that could not be flushed after the rename
   * @throws HoldfastError TARGET_REFUSED - a directory, FIFO or device, or a link that the policy refuses
   * @throws HoldfastError LOCK_LOST, LOCK_RELEASED - nothing was published
   * @throws the reason of `signal` or `held.signal` when that aborts first
   * @see ALICE, OSDI 2014, for why the directory has to be flushed
   */
  async write(path: string, data: WriteData, options: WriteOptions = {}): Promise<WriteReceipt> {
    const startMs = this.#settings.clock.monotonicMs();
    return await this.#inTurn([path], options, (guarded) =>
      new SingleWrite(this.#settings, path, guarded, startMs).run(data),
    );
  }

  /**
   * `write`, blocking: for small hot documents, where the event loop costs more than the file.
   *
   * Not in the queue of `write`: it is done when it returns, and an asynchronous write that is under way publishes
   * after it. A refused rename blocks the thread between its tries.
   *
   * @throws as `write`
   */
  writeSync(path: string, data: string | Uint8Array, options: WriteSyncOptions = {}): WriteReceipt {
    const startMs = this.#settings.clock.monotonicMs();
    const signal = options.held?.signal;
    signal?.throwIfAborted();
    return new SingleWrite(this.#settings, path, { ...options, signal }, startMs).runSync(data);
  }

  /**
   * Writes many small files as a group: all of them are written, checked and flushed before the first is published, the
   * flushes overlap, and each directory is flushed once. Cheaper than as many single writes, and each file is atomic as
   * by `write`; the group is not: a crash, or a refusal in the middle, may leave some new and others old.
   *
   * @param entries - published in this order; a path that comes twice ends with the later data
   * @returns the receipts, in the order of the entries
   * @throws as `write` - and nothing was published; unless `details.publishedPaths` says which were, before a failure
   *   that came between two renames or after the last
   */
  async writeMany(
    entries: readonly WriteEntry[],
    options: WriteManyOptions = {},
  ): Promise<readonly WriteReceipt[]> {
    const startMs = this.#settings.clock.monotonicMs();
    const paths = entries.map(({ path }) => path);
    return await this.#inTurn(paths, options, (guarded) =>
      new GroupWrite(this.#settings, guarded, startMs).run(entries),
    );
  }

  /**
   * Removes the file at `path` with the fence check and durability of a write, in the queue of its path. Absent is fine.
   *
   * @throws HoldfastError WRITE_FAILED - `details.published` when only the directory flush failed, else still there
   * @throws HoldfastError TARGET_REFUSED, LOCK_LOST, LOCK_RELEASED, or a signal's reason - nothing was removed
   */
  async remove(path: string, options: WriteOptions = {}): Promise<void> {
    await this.#inTurn([path], options, (guarded) => removeFile(this.#settings, path, guarded));
  }

  /**
   * Removes the temporary files in `directory` whose writers are provably dead; never by age, never an active one, never
   * what a link points to. Belongs at the start of a program, under the writers' lock, which as `soleWriters` is the proof
   * for what another boot or container left. Costs one directory listing.
   *
   * @throws HoldfastError READ_FAILED - the directory cannot be listed
   * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - of `soleWriters`
   */
  async sweepOrphans(directory: string, options: SweepOptions = {}): Promise<SweepReport> {
    return await sweepOrphans(this.#settings.port, directory, options);
  }

  async #inTurn<Result>(
    paths: readonly string[],
    options: WriteOptions,
    task: (guarded: WriteOptions) => Promise<Result>,
  ): Promise<Result> {
    const signal = eitherSignal(options.signal, options.held?.signal);
    signal?.throwIfAborted();
    const { port, symlink } = this.#settings;
    const keys = new Set(paths.map((path) => orderingKey(port, path, symlink)));
    return await inTurn([...keys], signal, () => task({ ...options, signal }));
  }
}

function eitherSignal(
  first: AbortSignal | undefined,
  second: AbortSignal | undefined,
): AbortSignal | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return AbortSignal.any([first, second]);
}
