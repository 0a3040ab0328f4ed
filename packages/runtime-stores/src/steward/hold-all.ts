/**
 * Holds an area and documents in it, in the one order that everybody keeps: the area first, then its documents sorted. A
 * store that changes a document holds that one alone, or its area first, so nobody waits in a circle.
 */
import { type Held, requireHeld } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';

export interface HoldOptions {
  /** How long to wait for all of them together, in milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly purpose: string;
}

/**
 * @param documentsOf - the scopes of the documents, asked when the area is held
 * @throws HoldfastError LOCK_BUSY - one of them was not granted in time; nothing is held any more
 */
export async function holdAll<Result>(
  runner: LockRunner,
  area: string,
  options: HoldOptions & { readonly documentsOf: () => Promise<readonly string[]> },
  work: (held: Held) => Promise<Result>,
): Promise<Result> {
  const { waitMs, purpose, signal, documentsOf } = options;
  const given = { purpose, ...(signal === undefined ? {} : { signal }) };
  return await runner.run(area, { ...given, waitMs }, async (held) => {
    const deadlineMs = performance.now() + held.budgetMs;
    await using holds = new AsyncDisposableStack();
    const inside: Held[] = [];
    for (const scope of new Set((await documentsOf()).toSorted())) {
      if (scope === area) continue;
      const leftMs = Math.max(0, deadlineMs - performance.now());
      inside.push(holds.use(await runner.acquire(scope, { ...given, waitMs: leftMs })));
    }
    for (const one of inside) requireHeld(one, one.scope); // none may have been lost while we waited for the next
    return await work(held);
  });
}
