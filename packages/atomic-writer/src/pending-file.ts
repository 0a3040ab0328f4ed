/**
 * A temporary sibling on its way to become a file: created, filled, sealed, flushed, published, or discarded. It knows
 * how far it got, so a failure names its step, and discarding undoes whatever is there. It does not decide when to
 * wait; the writer drives it, blocking or not.
 */
import { dirname, sep } from 'node:path';
import { errnoOf } from '@holdfast/base';
import { closeReader } from './close-reader.ts';
import type { FilePort } from './file-port.ts';
import { type Ownership, takeOver } from './ownership.ts';
import type { WholeFileWriter } from './portable-engine.ts';
import { readBack, readBackLater } from './read-back.ts';
import { createTempName } from './temp-name.ts';
import type { WriteStep } from './write-failure.ts';

/** Largest single write(2), in bytes: bounds the time one call keeps a thread of the pool. */
const largestWriteBytes = 16 * 1024 * 1024;
/** Two names with the same 128 random bits mean a planted file; a third try would meet it again. */
const createTries = 3;

export interface Seal {
  /** Final permission bits. */
  readonly mode: number;
  /** Whose the file shall be; undefined: of whoever writes it. */
  readonly owner: Ownership | undefined;
}

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
    // The path is absolute and normal, so what node:path would do to its parts once more is done.
    const nameStart = this.#path.lastIndexOf(sep) + 1;
    const directory = this.#path.slice(0, nameStart);
    const name = this.#path.slice(nameStart);
    for (let tries = 1; this.#descriptor === undefined; tries += 1) {
      const tempPath = `${directory}${createTempName(name)}`;
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

  /** Says that the source has no more, and what fails next is not its doing. */
  endSource(): void {
    this.#step = 'check';
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

  /**
   * Lets a library put all the bytes in: it replaces the file by another of the same name, which is opened again. May be
   * repeated when it failed.
   */
  replace(library: WholeFileWriter, bytes: Uint8Array): void {
    library.writeSync(this.#vacate(), bytes);
    this.#occupy(bytes.length);
  }

  async replaceLater(library: WholeFileWriter, bytes: Uint8Array): Promise<void> {
    await library.write(this.#vacate(), bytes);
    this.#occupy(bytes.length);
  }

  /**
   * Compares what is in the file with what was given, then sets owner, if there is one to set, and final mode. A full
   * disk must not be published.
   */
  seal({ mode, owner }: Seal): void {
    const descriptor = this.#open('check');
    const facts = this.#port.measure(descriptor);
    if (facts.sizeBytes !== this.#sizeBytes) {
      throw new Error(
        `the temporary file has ${facts.sizeBytes} of ${this.#sizeBytes} bytes; is the disk full?`,
      );
    }
    if (owner !== undefined) {
      this.#step = 'owner';
      takeOver(this.#port, descriptor, owner, mode);
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

  /** Reads the file and compares its digest with that of the bytes given. */
  verify(sha256: string): void {
    requireDigest(readBack(this.#port, this.#open('verify'), this.#sizeBytes), sha256);
  }

  async verifyLater(sha256: string): Promise<void> {
    requireDigest(await readBackLater(this.#port, this.#open('verify'), this.#sizeBytes), sha256);
  }

  /** Closes the file: network file systems report a failed write only here. */
  close(): void {
    const descriptor = this.#open('close');
    this.#descriptor = undefined; // the number is free even when close(2) fails
    this.#port.close(descriptor);
    this.#step = 'publish';
  }

  /** Opens the directory that is to be flushed: before the rename, so that after it only the flush itself can fail. */
  openDirectory(): void {
    this.#step = 'open-directory';
    this.#directory = this.#port.openDirectory(dirname(this.#path));
    this.#step = 'publish';
  }

  /** The one step that others can see. May be repeated when it failed. */
  rename(): void {
    this.#port.rename(this.#named(), this.#path);
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

  /** Closes the file, if this is the first try, and gives its name to somebody else to fill. */
  #vacate(): string {
    this.#step = 'write';
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) this.#port.close(descriptor);
    return this.#named();
  }

  #occupy(sizeBytes: number): void {
    this.#descriptor = this.#port.open(this.#named());
    this.#sizeBytes = sizeBytes;
  }

  #named(): string {
    if (this.#tempPath === undefined) throw new Error('there is no temporary file');
    return this.#tempPath;
  }

  #openedDirectory(): number {
    this.#step = 'flush-directory';
    if (this.#directory === undefined) throw new Error('the directory is not open');
    return this.#directory;
  }

  #closeDirectory(): void {
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory !== undefined) closeReader(this.#port, directory);
  }
}

function nextLength(bytes: Uint8Array, offset: number): number {
  return Math.min(bytes.length - offset, largestWriteBytes);
}

function requireDigest(found: string, sha256: string): void {
  if (found !== sha256) throw new Error('the temporary file does not read back as what was written');
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
