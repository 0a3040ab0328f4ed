/**
 * The generic cell rate algorithm: a token bucket in one number, the theoretical arrival time (`tat`), at which the bucket
 * will be full again. All of it is arithmetic on whole microseconds; there is no clock and no store here.
 *
 * A `tat` further ahead than a bucket can ever be was written before the clock was set back, or by a stranger. It counts as
 * full: to believe it would lock a key out for as long as the clock was wrong.
 *
 * @see ITU-T I.371; the boundary burst of fixed windows does not exist here
 */
import { HoldfastError } from '@holdfast/base';
import type { RateDecision, RateLimit } from './rate-limit.ts';

/** A limit in the unit of the arithmetic. */
export interface Gcra {
  /** Between two permits that come back, in microseconds; rounded up, so that a limit is never exceeded. */
  readonly intervalUs: number;
  /** How far ahead of now a `tat` may be for one more permit, in microseconds. */
  readonly toleranceUs: number;
}

export interface Taken {
  readonly decision: RateDecision;
  /** The next `tat`; undefined when nothing was taken. */
  readonly tat: number | undefined;
}

/** Longest time in which a bucket fills, in microseconds: 70 years, so that sums stay exact in a JavaScript number. */
const longestFillUs = 2 ** 51;
const known = new WeakMap<RateLimit, Gcra>();

/** @throws HoldfastError USAGE - not a name, or not positive whole numbers, or more than one permit in a microsecond */
export function gcraOf(limit: RateLimit): Gcra {
  const before = known.get(limit);
  if (before !== undefined) return before;
  const gcra = convert(limit);
  if (Object.isFrozen(limit)) known.set(limit, gcra); // another one may be changed by its owner
  return gcra;
}

/** @throws HoldfastError USAGE - not a positive whole number */
export function requireCost(cost: number): void {
  if (Number.isSafeInteger(cost) && cost > 0) return;
  throw new HoldfastError(
    'USAGE',
    `a cost of ${cost} permits cannot be taken: it is not a positive whole number`,
  );
}

/**
 * @param tat - undefined for a bucket that nothing is known of, which is full
 * @param cost - a positive whole number
 */
export function takeFrom(gcra: Gcra, tat: number | undefined, nowUs: number, cost: number): Taken {
  const { intervalUs, toleranceUs } = gcra;
  const base = baseOf(gcra, tat, nowUs);
  const missingUs = base - nowUs + intervalUs * (cost - 1) - toleranceUs;
  if (missingUs <= 0) {
    const next = base + intervalUs * cost;
    return { tat: next, decision: decisionOf(gcra, next, nowUs, 0) };
  }
  const retryAfterMs = intervalUs * (cost - 1) > toleranceUs ? Number.POSITIVE_INFINITY : toMs(missingUs);
  return { tat: undefined, decision: decisionOf(gcra, base, nowUs, retryAfterMs) };
}

/** The `tat` after `cost` permits were given back; undefined when the bucket is full then. */
export function refundTo(
  gcra: Gcra,
  tat: number | undefined,
  nowUs: number,
  cost: number,
): number | undefined {
  const next = baseOf(gcra, tat, nowUs) - gcra.intervalUs * cost;
  return next > nowUs ? next : undefined;
}

function baseOf({ intervalUs, toleranceUs }: Gcra, tat: number | undefined, nowUs: number): number {
  if (tat === undefined || tat > nowUs + toleranceUs + intervalUs) return nowUs;
  return Math.max(tat, nowUs);
}

function decisionOf(gcra: Gcra, tat: number, nowUs: number, retryAfterMs: number): RateDecision {
  const left = Math.floor((gcra.toleranceUs - (tat - nowUs)) / gcra.intervalUs) + 1;
  return {
    isAllowed: retryAfterMs === 0,
    remaining: Math.max(0, left),
    retryAfterMs,
    resetAfterMs: toMs(tat - nowUs),
  };
}

function toMs(us: number): number {
  return Math.ceil(us / 1_000);
}

function convert({ name, limit, periodMs, burst }: RateLimit): Gcra {
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9:-]{0,63}$/.test(name))
    throw new HoldfastError('USAGE', `${JSON.stringify(name)} is no name of a rate limit`);
  for (const [what, value] of Object.entries({ limit, periodMs, burst })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw refused(name, `${what} is ${value}, not a positive whole number`);
  }
  const intervalUs = Math.ceil((periodMs * 1_000) / limit);
  if (limit > periodMs * 1_000) throw refused(name, 'more than one permit would come back in a microsecond');
  if (intervalUs * burst > longestFillUs)
    throw refused(name, 'a bucket would take more than 70 years to fill');
  return { intervalUs, toleranceUs: intervalUs * (burst - 1) };
}

function refused(name: string, why: string): HoldfastError {
  return new HoldfastError('USAGE', `the rate limit ${name} makes no sense: ${why}`, { details: { name } });
}
