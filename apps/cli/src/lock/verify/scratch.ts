/**
 * The directory that a `lock verify` works in. Its name tells whose it is, so that what a killed one has left can be proved
 * dead by the next that comes by; how old it is proves nothing.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errnoOf, HoldfastError } from '@holdfast/base';
import { livenessOf, ownIdentity } from '@holdfast/base/process-identity';

export interface Scratch extends Disposable {
  readonly path: string;
}

const pattern = /^\.holdfast-verify-([0-9a-f]{12}|none)-(\d+)-(\d+)-(\d+)-\w{6}$/;

const refusals: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['LOCK_DIRECTORY_MISSING', 'does not exist'],
  ENOTDIR: ['LOCK_DIRECTORY', 'is not a directory'],
  EACCES: ['LOCK_DIRECTORY_READ_ONLY', 'may not be written by this user'],
  EROFS: ['LOCK_DIRECTORY_READ_ONLY', 'is on a file system that is mounted read-only'],
  ENOSPC: ['LOCK_DIRECTORY_FULL', 'is on a file system that is full'],
  EDQUOT: ['LOCK_DIRECTORY_FULL', 'is on a file system whose quota is used up'],
};

/** @throws HoldfastError LOCK_DIRECTORY and its like - nothing can be made there */
export function scratchIn(directory: string): Scratch {
  sweep(directory);
  const { boot, pidNamespace, pid, startTime } = ownIdentity();
  const prefix = `.holdfast-verify-${boot}-${pidNamespace}-${pid}-${startTime}-`;
  try {
    const path = mkdtempSync(join(directory, prefix));
    return { path, [Symbol.dispose]: () => remove(path) };
  } catch (cause) {
    const errno = errnoOf(cause);
    const [code, why] = refusals[errno ?? ''] ?? ['LOCK_DIRECTORY', `takes nothing new (${errno})`];
    throw new HoldfastError(code, `${directory} ${why}`, { cause, details: { directory } });
  }
}

/** Ours only: in a directory that everybody may write, a name is easily made up. */
function sweep(directory: string): void {
  for (const name of namesIn(directory)) {
    const [, boot, pidNamespace, pid, startTime] = pattern.exec(name) ?? [];
    if (boot === undefined || pidNamespace === undefined || startTime === undefined) continue;
    if (livenessOf({ boot, pidNamespace, pid: Number(pid), startTime }) !== 'dead') continue;
    const path = join(directory, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.()) remove(path);
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // what is wrong with it is told when something shall be made in it
  }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
