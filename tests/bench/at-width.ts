/** Many calls, so many of them at once: when one ends the next begins. */

/** @returns what the calls answered, in the order of their ends */
export async function atWidth<Result>(
  count: number,
  width: number,
  call: (number: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      results.push(await call(number));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
