import { describe, expect, it } from 'vitest';
import { failureOf } from './testing/failure-of.ts';
import { decodeTime, encodeTime } from './utc-time.ts';

describe('a stored time', () => {
  it('gives back the moment, from milliseconds and from a Date', () => {
    const ms = Date.UTC(2026, 1, 28, 23, 59, 59, 7);
    expect(encodeTime(ms)).toBe('2026-02-28T23:59:59.007Z');
    expect(encodeTime(new Date(ms))).toBe(encodeTime(ms));
    expect(decodeTime(encodeTime(ms))).toBe(ms);
  });

  it('compares as the moments do, over every width of their numbers', () => {
    const moments = [0, 1, 999, 1_000, Date.UTC(1999, 11, 31), Date.UTC(2026, 0, 1), Date.UTC(9999, 11, 31)];
    expect(moments.map(encodeTime).toSorted()).toEqual(moments.map(encodeTime));
  });

  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY], [Date.UTC(10_000, 0, 1)], [new Date('nonsense')]])(
    'of %s is refused',
    async (moment) => {
      expect(await failureOf((async () => encodeTime(moment))())).toEqual({ code: 'INTERNAL' });
    },
  );
});
