/** proper-lockfile, typed as far as the bench needs it: it ships no types of its own. */
import { createRequire } from 'node:module';

interface ProperLockfile {
  /** @returns the release function */
  lock(file: string, options?: { readonly retries?: object }): Promise<() => Promise<void>>;
}

export const properLockfile = createRequire(import.meta.url)('proper-lockfile') as ProperLockfile;

/** Its default is to give up at once. These retries are denser than its documentation's, which favours it. */
export const retries = { forever: true, factor: 1.5, minTimeout: 1, maxTimeout: 50, randomize: true };
