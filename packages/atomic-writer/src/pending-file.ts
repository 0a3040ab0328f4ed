/**
 * A temporary sibling on its way to become a file: created, filled, sealed, flushed, published, or discarded. It knows
 * how far it got, so a failure names its step, and discarding undoes whatever is there. It does not decide when to
 * wait; the writer drives it, blocking or not.
 */
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import type { FilePort } from './file-port.ts';
import { createTempName } from './temp-name.ts';
import type { WriteStep } from './write-failure.ts';

/** Largest single write(2), in bytes: bounds the time one call keeps a thread of the pool. */
const largestWriteBytes = 16 * 1024 * 1024;
/** Two names with the same 128 random bits mean a planted file; a third try would meet it again. */
const createTries = 3;

export class PendingFile {
  readonly #port: FilePort;
  readonly #path: string;
  #step: WriteStep = 'create';
  #tempPath: string | undefined;
  #descriptor: number | undefined;
  #directory: number | undefined;
  #sizeBytes = 0;

  /** @param path - absolute path of the file it will become */
  constructor(port: FilePort, path: string) {
    this.#port = port;
    this.#path = path;
  }

  /** The step that runs now, or that failed. */
  get step(): WriteStep {
    return this.#step;
  }

  /** Bytes given so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  create(): void {
    const directory = dirname(this.#path);
    const name = basename(this.#path);
    for (let tries = 1; this.#descriptor === undefined; tries += 1) {
      const tempPath = join(directory, createTempName(name));
      try {
        this.#descriptor = this.#port.create(tempPath);
        this.#tempPath = tempPath;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST' || tries === createTries) throw error;
      }
    }
  }

  /** Says that the next failure is the source's, not the file's. */
  awaitSource(): void {
    this.#step = 'source';
  }

  append(bytes: Uint8Array): void {
    const descriptor = this.#open('write');
    for (let offset = 0; offset < bytes.length; ) {
      const written = this.#port.write(descriptor, bytes, offset, nextLength(bytes, offset));
      offset += progress(written);
    }
    this.#sizeBytes += bytes.length;
  }

  async appendLater(bytes: Uint8Array): Promise<void> {
    const descriptor = this.#open('write');
    for (let offset = 0; offset < bytes.length; ) {
      const written = await this.#port.writeLater(descriptor, bytes, offset, nextLength(bytes, offset));
      offset += progress(written);
    }
    this.#sizeBytes += bytes.length;
  }

  /** Compares what is in the file with what was given, then sets the final mode. A full disk must not be published. */
  seal(mode: number): void {
    const descriptor = this.#open('check');
    const facts = this.#port.measure(descriptor);
    if (facts.sizeBytes !== this.#sizeBytes) {
      throw new Error(`the temporary file has ${facts.sizeBytes} of ${this.#sizeBytes} bytes`);
    }
    if (facts.mode === mode) return;
    this.#step = 'mode';
    this.#port.setMode(descriptor, mode);
  }

  flush(): void {
    this.#port.flush(this.#open('flush'));
  }

  async flushLater(): Promise<void> {
    await this.#port.flushLater(this.#open('flush'));
  }

  /**
   * Closes the file, where network file systems report a failed write, and opens the directory if that is to be flushed:
   * before the rename, so that after it only the flush itself can fail.
   */
  prepare(flushesDirectory: boolean): void {
    const descriptor = this.#open('close');
    this.#descriptor = undefined; // the number is free even when close(2) fails
    this.#port.close(descriptor);
    if (flushesDirectory) {
      this.#step = 'open-directory';
      this.#directory = this.#port.openDirectory(dirname(this.#path));
    }
    this.#step = 'publish';
  }

  /** The one step that others can see. May be repeated when it failed. */
  rename(): void {
    if (this.#tempPath === undefined) throw new Error('there is no temporary file to publish');
    this.#port.rename(this.#tempPath, this.#path);
    this.#tempPath = undefined;
  }

  flushDirectory(): void {
    this.#port.flush(this.#openedDirectory());
    this.#closeDirectory();
  }

  async flushDirectoryLater(): Promise<void> {
    await this.#port.flushLater(this.#openedDirectory());
    this.#closeDirectory();
  }

  /**
   * Closes and removes whatever is there. Never throws: the failure that led here is the one to report.
   *
   * @returns the temporary file, when it could not be removed
   */
  discard(): string | undefined {
    for (const descriptor of [this.#descriptor, this.#directory]) {
      if (descriptor !== undefined) succeeds(() => this.#port.close(descriptor));
    }
    this.#descriptor = undefined;
    this.#directory = undefined;
    const tempPath = this.#tempPath;
    this.#tempPath = undefined;
    if (tempPath === undefined) return undefined;
    return succeeds(() => this.#port.unlink(tempPath)) ? undefined : tempPath;
  }

  #open(step: WriteStep): number {
    this.#step = step;
    if (this.#descriptor === undefined) throw new Error('the temporary file is not open');
    return this.#descriptor;
  }

  #openedDirectory(): number {
    this.#step = 'flush-directory';
    if (this.#directory === undefined) throw new Error('the directory is not open');
    return this.#directory;
  }

  #closeDirectory(): void {
    const directory = this.#directory;
    this.#directory = undefined;
    // The flush is done and the file is in place: a descriptor that was open for reading has nothing left to fail.
    if (directory !== undefined) succeeds(() => this.#port.close(directory));
  }
}

function nextLength(bytes: Uint8Array, offset: number): number {
  return Math.min(bytes.length - offset, largestWriteBytes);
}

function progress(written: number): number {
  if (written > 0) return written;
  throw new Error('write(2) took no bytes');
}

/** For clean-up after a failure, where a second error must not take the place of the first. */
function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}
