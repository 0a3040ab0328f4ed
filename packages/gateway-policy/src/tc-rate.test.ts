import { describe, expect, test } from 'vitest';
import { formatTcRate, maxRateKbit, parseTcRate } from './tc-rate.ts';

describe('formatTcRate', () => {
  test.each([
    [8_000, '8Kbit'],
    [64_000, '64Kbit'],
    [1_000_000, '1Mbit'],
    [1_500_000, '1500Kbit'],
    [999_999_000, '999999Kbit'],
    [1_000_000_000, '1Gbit'],
    [1_234_567_000, '1234Mbit'],
    [2_500_000_000, '2500Mbit'],
    [maxRateKbit * 1_000, '1Tbit'],
    [1_234, '1232bit'],
    [0, '0bit'],
  ])('prints %d bit/s as tc does', (bits, text) => {
    expect(formatTcRate(bits)).toBe(text);
  });
});

describe('parseTcRate', () => {
  test('reads back what formatTcRate prints', () => {
    for (const bits of [8, 64_000, 1_500_000, 2_500_000_000, 1e12]) {
      expect(parseTcRate(formatTcRate(bits))).toBe(bits);
    }
  });
  test('takes the rate where a ceiling stands beside it', () => {
    expect(parseTcRate('5Mbit ceil 10Mbit')).toBe(5_000_000);
  });
  test.each(['', '5', 'Mbit', '5mbit', '5Mbit; x', '-5Mbit', '5Mbit ceil'])('refuses %j', (text) => {
    expect(parseTcRate(text)).toBeUndefined();
  });
});
