/** Waiting for something that will be seen, never for a time. */

/** As long as the longest test may take that asks. A loop would outlive its test, and keep its worker busy. */
const patienceMs = 240_000;

/**
 * Resolves when `claim` is true, looking once per turn of the event loop. The test's own limit is its guard.
 *
 * @throws Error when nobody can be waiting for it any more
 */
export async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await claim())) {
    if (performance.now() > endMs) throw new Error(`this has not come true: ${claim}`);
    await turn();
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
