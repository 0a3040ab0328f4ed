/**
 * Whether the holders of all locks can be seen from here. The kernel lists to a process only those of its own pid namespace, so
 * in a container a lock that a process outside holds looks like one that nobody holds.
 */
import { accessSync, constants } from 'node:fs';
import { ownIdentity } from '@holdfast/base/process-identity';

/** PROC_PID_INIT_INO of the kernel: the namespace that all others are inside of. */
const outermostNamespace = '4026531836';

/** @param backend - of the locks; a claim of the lockfile backend is a file, which nothing hides */
export function seesAllHolders(backend = 'flock'): boolean {
  if (backend === 'lockfile') return true;
  const { boot, pidNamespace } = ownIdentity();
  return boot !== 'none' && pidNamespace.startsWith(outermostNamespace) && isReadable('/proc/locks');
}

/** What is said of a lock without a known holder. */
export function freeAsSeen(backend: string): string {
  return seesAllHolders(backend)
    ? 'is free'
    : 'has no holder that can be seen from here; outside of this container there may be one';
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
