/** Lists that become parameters of a statement, in pieces: databases have a limit, and a plan for every length. */
export const itemsPerStatement = 500;

/** `items` in order, at most 500 together. */
export function* chunksOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += itemsPerStatement) {
    yield items.slice(from, from + itemsPerStatement);
  }
}
