/** Durations: what people may type, and that what is printed can be typed again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['5s', 5_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    [' 5s ', 5_000],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    '5',
    '-1s',
    '+1s',
    '1e3s',
    '5 s',
    '5S',
    '.5s',
    '5.s',
    'Infinity',
    'NaN',
    '1s2m',
    '٥s',
    '5s\0',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }));
  });

  it('refuses any other text with its code, and never with anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseDuration(text)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'DURATION_INVALID' });
        }
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [600_000, '10m'],
    [86_400_000, '1d'],
    [Number.POSITIVE_INFINITY, 'infinite'],
  ])('writes %d as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('writes what parseDuration reads back, for whole milliseconds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it('writes what parseDuration reads back, for fractions to the microsecond', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(Math.abs(parseDuration(formatDuration(ms)) - ms)).toBeLessThanOrEqual(0.000_501);
      }),
    );
  });
});
