/** The only oracle of exclusion: intervals in which a hold was really held, swept for overlap. */

export interface HoldInterval {
  readonly holder: string;
  /**
   * Wall clock of the host in milliseconds, rounded down: rounding keeps the order, so intervals that only touch are
   * never taken for an overlap. Monotonic clocks will not do, Bun's has an origin of its own in each process.
   */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Pairs of holders that held at the same time; empty when the lock excluded. */
export function overlaps(intervals: readonly HoldInterval[]): readonly string[] {
  const sorted = intervals.toSorted((a, b) => a.fromMs - b.fromMs);
  const found: string[] = [];
  let latest: HoldInterval | undefined;
  for (const interval of sorted) {
    if (latest !== undefined && interval.fromMs < latest.untilMs)
      found.push(`${latest.holder} and ${interval.holder}`);
    if (latest === undefined || interval.untilMs > latest.untilMs) latest = interval;
  }
  return found;
}
