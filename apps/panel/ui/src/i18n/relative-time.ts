/** A span of time in the largest unit of which it has one, rounded: what people say of something that was or will be. */
export interface RelativeTime {
  readonly value: number;
  readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';
}

const units = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** @param differenceMs - negative for the past */
export function relativeTime(differenceMs: number): RelativeTime {
  const found = units.find(([, sizeMs]) => Math.abs(differenceMs) >= sizeMs);
  if (found !== undefined) return { value: Math.trunc(differenceMs / found[1]), unit: found[0] };
  // Clocks of two machines differ: what has just happened is never said to be ahead.
  const seconds = Math.trunc(differenceMs / 1_000);
  return { value: Math.abs(seconds) < 10 ? 0 : seconds, unit: 'second' };
}
