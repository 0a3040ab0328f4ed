/** Waiting for something that will be seen, never for a time. */

/** Resolves when `claim` is true, looking once per turn of the event loop. The test's own limit is its guard. */
export async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await claim())) await turn();
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
