/** Many rounds in three numbers: the median and the quartiles. Sturdy against the one round in which the machine coughs. */

export interface Spread {
  readonly median: number;
  /** A quarter of the rounds lies below. */
  readonly low: number;
  /** A quarter of the rounds lies above. */
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** The spread of `ours / peer` round by round: both were measured in the same second, so slow seconds cancel out. */
export function ratioOf(ours: readonly number[], peer: readonly number[]): Spread {
  return spreadOf(ours.map((value, round) => value / (peer[round] ?? Number.NaN)));
}

/** Linear between neighbours; not a number when there are no values. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
