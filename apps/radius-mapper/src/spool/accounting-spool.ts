/**
 * Accounting events that could not reach truth, one document per event in `radius-spool` of the state directory. Several
 * mappers of a machine may share it: each writes under names of its own, whoever has the lock `radius:spool` empties it.
 *
 * Promises: an event that `keep` has acknowledged is found again after a kill or a power cut, whole, until it was removed
 * by a drain. Does not promise that it is removed only once applied exactly once: a drain that is killed between commit and
 * removal applies it again, which changes nothing.
 *
 * Does not promise the limit to the event: what other mappers write is counted when the directory is listed.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AtomicWriter, type FilePort } from '@holdfast/atomic-writer';
import { errnoOf, type Held, HoldfastError, isHoldfastError } from '@holdfast/base';
import { prepareDirectory } from '@holdfast/host/config';
import { encodeDocument, StateReader } from '@holdfast/state';
import type { AccountingEvent } from '../accounting/accounting-event.ts';
import { eventSchema } from './event-schema.ts';
import { GroupQueue } from './group-queue.ts';
import { createSpoolName, receiptOf } from './spool-name.ts';

export const spoolScope = 'radius:spool';

/** Files of `refused` that are kept. Beyond that they are deleted: whoever sends nonsense must not fill the disk. */
const mostRefused = 1_000;
/** What one group flushes together. */
const mostInGroup = 256;
/** What is wrong with a document itself, and stays so. */
const damages = ['DOCUMENT_INVALID', 'DOCUMENT_NEWER', 'TARGET_REFUSED'] as const;
/** A refusal to write is told in `trouble` for so long. */
const troubleMs = 60_000;

export interface AccountingSpoolOptions {
  readonly stateDirectory: string;
  /** Events that may wait. */
  readonly limit: number;
  readonly monotonicMs: () => number;
  /** The file system; tests end the process at single calls. */
  readonly fs?: FilePort | undefined;
}

/** A spooled event as a drain finds it. */
export type SpooledEvent =
  | { readonly kind: 'event'; readonly event: AccountingEvent }
  /** Somebody else has removed it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'damaged'; readonly error: unknown };

export class AccountingSpool {
  readonly directory: string;
  readonly limit: number;
  readonly #monotonicMs: () => number;
  /** Full durability: what is acknowledged to a NAS is not sent again. */
  readonly #writer: AtomicWriter;
  readonly #reader: StateReader<AccountingEvent>;
  readonly #queue = new GroupQueue<NamedEvent>((events) => this.#write(events), mostInGroup);
  #waiting = 0;
  /** Events that are being kept at this moment. */
  #keeping = 0;
  #oldestMs: number | undefined;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  #onKept: () => void = () => undefined;

  constructor({ stateDirectory, limit, monotonicMs, fs }: AccountingSpoolOptions) {
    const port = fs === undefined ? {} : { fs };
    this.#writer = new AtomicWriter({ durability: 'full', mode: 0o600, ...port });
    // An event that comes back after a power cut is applied again, so removals need no flush.
    const remover = new AtomicWriter({ durability: 'none', ...port });
    this.#reader = new StateReader({ validator: eventSchema, writer: remover, scope: spoolScope });
    this.directory = join(stateDirectory, 'radius-spool');
    this.limit = limit;
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Makes the directory, before the first event.
   *
   * @throws HoldfastError STATE_DIRECTORY - it cannot be made
   */
  prepare(): void {
    prepareDirectory(this.directory);
  }

  /** Events that wait, those of other mappers as of the last listing. */
  get depth(): number {
    return this.#waiting + this.#keeping;
  }

  /** When the oldest of them was received, in milliseconds since the Unix epoch. */
  get oldestMs(): number | undefined {
    return this.#oldestMs;
  }

  /** Whether an event could not be kept lately. */
  get isRefusing(): boolean {
    return this.#monotonicMs() - this.#refusedAtMs < troubleMs;
  }

  /** @param listener - called after each group that was written */
  whenKept(listener: () => void): void {
    this.#onKept = listener;
  }

  /**
   * Keeps an event durably.
   *
   * @throws HoldfastError SPOOL_FULL - as many events wait as may
   * @throws HoldfastError WRITE_FAILED, TARGET_REFUSED - as `AtomicWriter.writeMany`
   */
  async keep(event: AccountingEvent): Promise<void> {
    if (this.depth >= this.limit) {
      this.#refusedAtMs = this.#monotonicMs();
      throw new HoldfastError('SPOOL_FULL', `${this.depth} accounting events wait for truth already`, {
        details: { waiting: this.depth, limit: this.limit },
      });
    }
    this.#keeping += 1;
    try {
      await this.#queue.add({ name: createSpoolName(event.receivedMs), event });
    } finally {
      this.#keeping -= 1;
    }
  }

  /**
   * The names of the events that wait, in the order in which they came.
   *
   * @throws HoldfastError READ_FAILED - the directory cannot be listed
   */
  async list(): Promise<readonly string[]> {
    const names = (await this.#namesIn(this.directory)).filter((name) => receiptOf(name) !== undefined);
    names.sort();
    this.#waiting = names.length;
    this.#oldestMs = names[0] === undefined ? undefined : receiptOf(names[0]);
    return names;
  }

  /** @throws HoldfastError READ_FAILED - it is there and cannot be read now, which says nothing about what it holds */
  async read(name: string): Promise<SpooledEvent> {
    try {
      const { value } = await this.#reader.read(join(this.directory, name));
      return value === undefined ? { kind: 'gone' } : { kind: 'event', event: value };
    } catch (error) {
      if (damages.some((code) => isHoldfastError(error, code))) return { kind: 'damaged', error };
      throw error;
    }
  }

  /** @throws HoldfastError LOCK_LOST, LOCK_RELEASED - nothing was removed */
  async remove(name: string, held: Held): Promise<void> {
    await this.#reader.remove(join(this.directory, name), held);
    this.#waiting = Math.max(0, this.#waiting - 1);
  }

  /** Moves a file out of the way, where a person finds it. */
  async refuse(name: string): Promise<void> {
    const place = join(this.directory, 'refused');
    const path = join(this.directory, name);
    await mkdir(place, { mode: 0o700, recursive: true });
    const isFull = (await this.#namesIn(place)).length >= mostRefused;
    try {
      if (isFull) await rm(path, { force: true, recursive: true });
      else await rename(path, join(place, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error; // somebody else has moved it
    }
    this.#waiting = Math.max(0, this.#waiting - 1);
  }

  /** Keeps an event that was never in the spool where the refused ones are. */
  async keepRefused(event: AccountingEvent): Promise<void> {
    const place = join(this.directory, 'refused');
    prepareDirectory(place);
    if ((await this.#namesIn(place)).length >= mostRefused) return;
    await this.#writer.write(join(place, createSpoolName(event.receivedMs)), documentOf(event));
  }

  /** Removes what writers left that were killed while they wrote. */
  async sweep(): Promise<void> {
    await this.#writer.sweepOrphans(this.directory);
  }

  async #write(events: readonly NamedEvent[]): Promise<void> {
    try {
      await this.#writer.writeMany(
        events.map(({ name, event }) => ({ path: join(this.directory, name), data: documentOf(event) })),
      );
    } catch (error) {
      this.#refusedAtMs = this.#monotonicMs();
      throw error;
    }
    this.#waiting += events.length;
    this.#oldestMs ??= events[0]?.event.receivedMs;
    this.#onKept();
  }

  async #namesIn(directory: string): Promise<string[]> {
    try {
      return await readdir(directory);
    } catch (cause) {
      throw new HoldfastError('READ_FAILED', `${directory} cannot be listed`, {
        cause,
        details: { path: directory, errno: errnoOf(cause) },
      });
    }
  }
}

interface NamedEvent {
  readonly name: string;
  readonly event: AccountingEvent;
}

function documentOf(event: AccountingEvent): Uint8Array {
  return encodeDocument(JSON.stringify(event), 1);
}
