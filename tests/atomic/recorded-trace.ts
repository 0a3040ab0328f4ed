/**
 * Records what one act does to the disk, as the steps that a crash may separate: those of our port, and those that
 * write-file-atomic and the state package make on their own. One directory, new files only.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type FilePort, nodeFilePort } from '../../packages/atomic-writer/src/index.ts';

export type DiskStep =
  | { readonly kind: 'write'; readonly inode: number; readonly bytes: Buffer }
  | { readonly kind: 'flush'; readonly inode: number }
  /** A name that comes to stand for a file; `from` loses it at the same moment. */
  | { readonly kind: 'name'; readonly path: string; readonly inode: number; readonly from?: string }
  | { readonly kind: 'unname'; readonly path: string }
  | { readonly kind: 'flush-names' };

/** What is on the disk, and safe, before the act. */
export type Disk = ReadonlyMap<string, Buffer>;

export interface Trace {
  readonly before: Disk;
  readonly steps: readonly DiskStep[];
}

const directoryInode = -1;

export class TraceRecorder {
  readonly #before = new Map<string, Buffer>();
  readonly #names = new Map<string, number>();
  readonly #open = new Map<number, number>();
  readonly #steps: DiskStep[] = [];
  #inodes = 0;
  #isOurs = false;

  constructor(directory: string) {
    for (const name of fs.readdirSync(directory)) {
      const path = `${directory}/${name}`;
      this.#before.set(path, fs.readFileSync(path));
      this.#names.set(path, this.#inodes++);
    }
  }

  /** Inodes of the files before the act count from 0, in the order of `before`. */
  get trace(): Trace {
    return { before: this.#before, steps: this.#steps };
  }

  port(): FilePort {
    return {
      ...nodeFilePort,
      create: (path) => this.#created(path, nodeFilePort.create(path)),
      open: (path) => this.#opened(path, nodeFilePort.open(path)),
      openDirectory: (path) => {
        const descriptor = nodeFilePort.openDirectory(path);
        this.#open.set(descriptor, directoryInode);
        return descriptor;
      },
      write: (descriptor, bytes, offset, length) => {
        this.#isOurs = true; // the port writes by the very function that others do
        const written = nodeFilePort.write(descriptor, bytes, offset, length);
        this.#isOurs = false;
        this.#wrote(descriptor, bytes.subarray(offset, offset + written));
        return written;
      },
      writeLater: async (descriptor, bytes, offset, length) => {
        const written = await nodeFilePort.writeLater(descriptor, bytes, offset, length);
        this.#wrote(descriptor, bytes.subarray(offset, offset + written));
        return written;
      },
      flush: (descriptor) => {
        nodeFilePort.flush(descriptor);
        this.#flushed(descriptor);
      },
      flushLater: async (descriptor) => {
        await nodeFilePort.flushLater(descriptor);
        this.#flushed(descriptor);
      },
      rename: (from, to) => {
        nodeFilePort.rename(from, to);
        this.#renamed(from, to);
      },
      unlink: (path) => {
        nodeFilePort.unlink(path);
        this.#unlinked(path);
      },
    };
  }

  /** Records the calls of others too, until disposed of: blocking ones only, which is what an act should use then. */
  watchOthers(): Disposable {
    const originals = { ...fs };
    const { openSync, writeSync, renameSync, unlinkSync, linkSync } = originals;
    Object.assign(fs, {
      openSync: (path: string, flags: string, mode: number) => {
        const descriptor = openSync(path, flags, mode);
        return flags === 'w' ? this.#created(path, descriptor) : descriptor;
      },
      writeSync: (descriptor: number, bytes: Buffer, offset: number, length: number, position: number) => {
        const written = writeSync(descriptor, bytes, offset, length, position);
        if (!this.#isOurs) this.#wrote(descriptor, bytes.subarray(offset, offset + written));
        return written;
      },
      renameSync: (from: string, to: string) => {
        renameSync(from, to);
        this.#renamed(from, to);
      },
      unlinkSync: (path: string) => {
        unlinkSync(path);
        this.#unlinked(path);
      },
      linkSync: (path: string, to: string) => {
        linkSync(path, to);
        this.#steps.push({ kind: 'name', path: to, inode: this.#inodeOf(path) });
        this.#names.set(to, this.#inodeOf(path));
      },
    });
    syncBuiltinESMExports();
    return {
      [Symbol.dispose]: () => {
        Object.assign(fs, { openSync, writeSync, renameSync, unlinkSync, linkSync });
        syncBuiltinESMExports();
      },
    };
  }

  #created(path: string, descriptor: number): number {
    const inode = this.#inodes++;
    this.#names.set(path, inode);
    this.#steps.push({ kind: 'name', path, inode });
    this.#open.set(descriptor, inode);
    return descriptor;
  }

  #opened(path: string, descriptor: number): number {
    this.#open.set(descriptor, this.#inodeOf(path));
    return descriptor;
  }

  #wrote(descriptor: number, bytes: Uint8Array): void {
    const inode = this.#open.get(descriptor);
    if (inode !== undefined) this.#steps.push({ kind: 'write', inode, bytes: Buffer.from(bytes) });
  }

  #flushed(descriptor: number): void {
    const inode = this.#open.get(descriptor);
    if (inode === directoryInode) this.#steps.push({ kind: 'flush-names' });
    else if (inode !== undefined) this.#steps.push({ kind: 'flush', inode });
  }

  #renamed(from: string, to: string): void {
    const inode = this.#inodeOf(from);
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#steps.push({ kind: 'name', path: to, inode, from });
  }

  #unlinked(path: string): void {
    this.#names.delete(path);
    this.#steps.push({ kind: 'unname', path });
  }

  #inodeOf(path: string): number {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`the trace has lost ${path}`);
    return inode;
  }
}
