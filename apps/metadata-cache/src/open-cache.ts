/**
 * The cache of a state directory, for writers: the lock and the document of one source, constructed once. Readers need
 * neither the lock nor a directory of their own: `open-document.ts` is enough for them.
 */
import { join } from 'node:path';
import type { FilePort, WriteReceipt } from '@holdfast/atomic-writer';
import { type Clock, type LockObserver, systemClock } from '@holdfast/base';
import type { LockBackendName } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { CacheDocument } from './cache-document.ts';
import { cacheDirectoryOf, documentNameOf, prepareCacheDirectory } from './cache-place.ts';
import { ToldWriter } from './told-writer.ts';

export interface CacheOptions {
  readonly stateDirectory: string;
  readonly source: { readonly name: string; readonly location: string };
  readonly lockBackend: LockBackendName;
  readonly observer: LockObserver;
  readonly clock?: Clock;
  /** The file system; tests make single calls fail. */
  readonly fs?: FilePort;
}

export interface Cache {
  readonly runner: LockRunner;
  readonly document: CacheDocument;
  /** What the last publication took; undefined before there was one. */
  readonly receipt: () => WriteReceipt | undefined;
}

/** @throws HoldfastError CACHE_DIRECTORY, STATE_DIRECTORY */
export function openCache(options: CacheOptions): Cache {
  const { stateDirectory, source, lockBackend, observer, clock = systemClock, fs } = options;
  const directory = cacheDirectoryOf(stateDirectory);
  prepareCacheDirectory(directory);
  const path = join(directory, documentNameOf(source));
  const writer = new ToldWriter(path, {
    durability: 'full',
    mode: 0o600,
    engine: process.platform === 'win32' ? 'portable' : 'native',
    clock,
    ...(fs === undefined ? {} : { fs }),
  });
  const locks = join(stateDirectory, 'locks');
  return {
    runner: new LockRunner({ directory: locks, backend: lockBackend, observer, clock }),
    document: new CacheDocument(path, writer, clock),
    receipt: () => writer.receipt,
  };
}
