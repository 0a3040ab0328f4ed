/**
 * Engine 'portable': whole data goes to the disk by write-file-atomic, the library that npm itself uses. It is for
 * whoever trusts code with a decade on every platform more than ours, and for comparing the two; it promises what the
 * native engine promises, costs a second temporary file and a second rename, and gains nothing else.
 *
 * The library alone promises less, so it never touches the path itself. It replaces a private sibling of ours, and what
 * arrived there is measured, flushed and published as by the native engine. That covers what it leaves open: a short
 * write on a full disk that it reports as success (the size is compared), names that two containers share (its own is
 * ours, with 128 random bits, and a number), options that it changes (they are ours, new for each call), the directory
 * that it does not flush, a mode of 0 that it skips.
 *
 * Left open: its own temporary file is opened without O_EXCL, under a name that is known once ours is. In a directory
 * where others may create files, use 'native'. While it writes it listens for signals (signal-exit) to clean up. It
 * takes no streams: those are written by us, piece by piece, as natively.
 */
import { createRequire } from 'node:module';

/** Replaces the content of a file that is there. */
export interface WholeFileWriter {
  write(path: string, data: Uint8Array): Promise<void>;
  writeSync(path: string, data: Uint8Array): void;
}

/** The part of write-file-atomic that is used; it ships no types. */
interface WriteFileAtomic {
  (path: string, data: Uint8Array, options: LibraryOptions): Promise<void>;
  sync(path: string, data: Uint8Array, options: LibraryOptions): void;
}

interface LibraryOptions {
  mode: number;
  fsync: boolean;
}

const require = createRequire(import.meta.url);

/** Loads the library at its first use: who writes natively does not pay for it. */
export function loadPortableEngine(): WholeFileWriter {
  const library = require('write-file-atomic') as WriteFileAtomic;
  return {
    write: async (path, data) => await library(path, data, freshOptions()),
    writeSync: (path, data) => library.sync(path, data, freshOptions()),
  };
}

/** Private, and not flushed: the flush comes after the size check, and is ours. */
function freshOptions(): LibraryOptions {
  return { mode: 0o600, fsync: false };
}
