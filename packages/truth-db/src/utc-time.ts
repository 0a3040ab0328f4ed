/**
 * The one place where a moment becomes what the database stores, and back. A stored time is a branded string, so that
 * the compiler refuses to compare or insert any other text.
 *
 * The form is `YYYY-MM-DDTHH:MM:SS.sssZ`: UTC, milliseconds, one width, hence comparing texts compares moments.
 */
import { HoldfastError } from '@holdfast/base';

declare const brand: unique symbol;

/** A moment as the database stores it. */
export type UtcTime = string & { readonly [brand]: 'UtcTime' };

/** A moment as a caller gives it: milliseconds since the Unix epoch, or a Date. */
export type Moment = number | Date;

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * @throws HoldfastError INTERNAL - not a moment of the years 1970 to 9999, which is as far as one width reaches
 */
export function encodeTime(moment: Moment): UtcTime {
  const ms = epochMs(moment);
  if (!(ms >= 0 && ms <= lastMs)) {
    throw new HoldfastError('INTERNAL', 'a time outside the years 1970 to 9999 was given to the database', {
      details: { ms },
    });
  }
  return new Date(ms).toISOString() as UtcTime;
}

/** Milliseconds since the Unix epoch. */
export function decodeTime(stored: UtcTime): number {
  return Date.parse(stored);
}

/** `moment` in milliseconds since the Unix epoch. */
export function epochMs(moment: Moment): number {
  return typeof moment === 'number' ? moment : moment.getTime();
}
