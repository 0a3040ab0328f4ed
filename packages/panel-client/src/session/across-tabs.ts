/**
 * One tab after the other, where the browser has Web Locks. An optimisation and nothing else: without it two tabs refresh at once, and
 * the server answers both with the same successor. So it waits for a short while only, and goes on without.
 */
interface TabLocks {
  request<T>(name: string, options: { readonly signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

const waitMs = 5_000;

/** @param name - of the lock; tabs of one origin share it */
export async function oneTabAtATime<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as { readonly navigator?: { readonly locks?: TabLocks } }).navigator ?? {};
  if (locks === undefined) return work();
  let started: Promise<T> | undefined;
  const begin = () => {
    started ??= work();
    return started;
  };
  try {
    return await locks.request(name, { signal: AbortSignal.timeout(waitMs) }, begin);
  } catch {
    // The lock was refused, or the work has failed: that is thrown again here.
    return begin();
  }
}
