/** The two libraries that people use for this, with their defaults; both flush the file and not the directory. */
import { createRequire } from 'node:module';
import { writeFile, writeFileSync } from 'atomically';

interface WriteFileAtomic {
  (path: string, data: Uint8Array): Promise<void>;
  sync(path: string, data: Uint8Array): void;
}

/** It ships no types. */
export const writeFileAtomic = createRequire(import.meta.url)('write-file-atomic') as WriteFileAtomic;

export const atomically = {
  write: (path: string, data: Buffer): Promise<void> => writeFile(path, data),
  writeSync: (path: string, data: Buffer): void => writeFileSync(path, data),
};
