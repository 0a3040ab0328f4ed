/**
 * The order of a merged list, by the keys of its items. Who moved items gives the order; the other's additions follow what they
 * followed there. Where both moved, or both added at one place, the order is ambiguous, and never decided without the user.
 */

export interface ThreeOrders {
  readonly base: readonly string[];
  readonly mine: readonly string[];
  readonly theirs: readonly string[];
}

export interface MergedOrder {
  readonly keys: readonly string[];
  readonly isConflict: boolean;
}

/**
 * @param kept - the keys of the merged list
 * @param prefer - whose order is taken in a conflict
 */
export function mergeOrder(
  orders: ThreeOrders,
  kept: ReadonlySet<string>,
  prefer: keyof ThreeOrders,
): MergedOrder {
  const { base, mine, theirs } = orders;
  const shared = mine.filter((key) => theirs.includes(key));
  const textOf = (keys: readonly string[]) => JSON.stringify(keys.filter((key) => shared.includes(key)));
  const [was, here, there] = [base, mine, theirs].map(textOf);
  const isMoved = was !== here && was !== there && here !== there;
  const isConflict = isMoved || isAmbiguous(orders, shared, kept);
  const lead = isConflict ? prefer : was === here || here === there ? 'theirs' : 'mine';
  const others = (['theirs', 'mine', 'base'] as const).filter((side) => side !== lead);
  let keys: readonly string[] = orders[lead].filter((key) => kept.has(key));
  for (const side of others) keys = withAdded(keys, orders[side], kept);
  return { keys, isConflict };
}

/** Whether both added something between the same two neighbours. */
function isAmbiguous({ mine, theirs }: ThreeOrders, shared: readonly string[], kept: ReadonlySet<string>) {
  const here = placesOf(mine, theirs, shared, kept);
  return placesOf(theirs, mine, shared, kept).some((place) => here.includes(place));
}

/** After which of the shared keys `one` has something that `other` has not. */
function placesOf(
  one: readonly string[],
  other: readonly string[],
  shared: readonly string[],
  kept: ReadonlySet<string>,
): readonly (string | undefined)[] {
  return one.flatMap((key, index) =>
    other.includes(key) || !kept.has(key)
      ? []
      : [one.slice(0, index).findLast((before) => shared.includes(before))],
  );
}

/** `keys` with what only `other` has, each behind what it is behind there. */
function withAdded(
  keys: readonly string[],
  other: readonly string[],
  kept: ReadonlySet<string>,
): readonly string[] {
  const result = [...keys];
  let before: string | undefined;
  for (const key of other) {
    if (!kept.has(key)) continue;
    if (!result.includes(key)) result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, key);
    before = key;
  }
  return result;
}
