/** Whether locks in the state directory exclude: two processes try it there, for a moment. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyDirectory } from '../../lock/verify/verify-directory.ts';
import { type Check, invalid, ok, unlessFailed, unusable, warn } from '../check.ts';

export const locksCheck: Check = {
  name: 'locks',
  describe: 'two processes lock in the state directory, and exclude each other',
  limitMs: 30_000,
  run: ({ stateDir, place }, signal) =>
    unlessFailed(async () => {
      const locks = join(stateDir, 'locks');
      const report = await verifyDirectory({
        directory: existsSync(locks) ? locks : stateDir,
        backend: place.lockBackend,
        processes: 2,
        rounds: 100,
        seconds: 2,
        signal,
        onProgress: () => undefined,
      });
      const { backend, fallback, sweep, lostUpdates, directory, isTrusted } = report;
      const found = `${backend} in ${directory}: ${sweep.holds} holds, ${sweep.overlaps} overlapped, ${lostUpdates} updates lost`;
      const elsewhere = 'Put the state directory on a local file system, or choose another --lock-backend.';
      const stamp = stampOf(locks);
      if (stamp !== undefined && !stamp.startsWith(backend)) {
        const mixed = `${locks} is locked by ${stamp}, and would be by ${backend} here`;
        return [invalid(mixed, 'Use one --lock-backend for all processes that share the directory.')];
      }
      if (!isTrusted) return [unusable(found, elsewhere)];
      return fallback === null ? [ok(found)] : [warn(`${found}; ${fallback}`, elsewhere)];
    }),
};

/** The backend that the directory was locked by so far; undefined when by none. */
function stampOf(directory: string): string | undefined {
  const path = join(directory, '.backend');
  return existsSync(path) ? readFileSync(path, 'latin1').slice(0, 64).trim() : undefined;
}
