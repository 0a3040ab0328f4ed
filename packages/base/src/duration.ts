/**
 * Durations as people type them: `500ms`, `5s`, `2m`, `1h`, `0` (do not wait) and `infinite` (no limit).
 * A bare number other than 0 is refused: seconds and milliseconds are confused too easily.
 */
import { HoldfastError } from './holdfast-error.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * @returns milliseconds; `Infinity` for `infinite`
 * @throws HoldfastError DURATION_INVALID
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (trimmed === 'infinite') return Number.POSITIVE_INFINITY;
  if (trimmed === '0') return 0;
  const match = /^(\d{1,16}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(trimmed);
  const factor = unitMs[match?.[2] ?? ''];
  if (match?.[1] === undefined || factor === undefined) {
    throw new HoldfastError('DURATION_INVALID', `"${text.slice(0, 40)}" is not a duration`);
  }
  return Number(match[1]) * factor;
}

/** The shortest spelling that `parseDuration` reads back, exact to the microsecond: `90s`, `1500ms`, `infinite`. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'infinite';
  if (ms === 0) return '0';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const factor = unitMs[unit] ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return Number.isInteger(ms) ? `${ms}ms` : `${Math.round(ms * 1_000) / 1_000}ms`;
}
