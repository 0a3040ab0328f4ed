/**
 * The peers of AtomicWriter that have nothing but system calls: create, write, flush, close, rename, flush the directory,
 * in its order and with its durability. No size check, no digest, no queue, no fence.
 */
import { closeSync, constants, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Durability } from '@holdfast/atomic-writer';

const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY;

let names = 0;

function tempPathOf(path: string): string {
  names += 1;
  return `${path}.${process.pid}.${names}.tmp`;
}

export function writeBareSync(path: string, data: Uint8Array, durability: Durability): void {
  const tempPath = tempPathOf(path);
  const fd = openSync(tempPath, createFlags, 0o600);
  writeSync(fd, data, 0, data.length);
  if (durability !== 'none') fsyncSync(fd);
  closeSync(fd);
  renameSync(tempPath, path);
  if (durability !== 'full') return;
  const directory = openSync(dirname(path), directoryFlags);
  fsyncSync(directory);
  closeSync(directory);
}

export async function writeBare(path: string, data: Uint8Array, durability: Durability): Promise<void> {
  const tempPath = tempPathOf(path);
  const file = await open(tempPath, createFlags, 0o600);
  await file.write(data, 0, data.length);
  if (durability !== 'none') await file.sync();
  await file.close();
  await rename(tempPath, path);
  if (durability !== 'full') return;
  const directory = await open(dirname(path), directoryFlags);
  await directory.sync();
  await directory.close();
}
