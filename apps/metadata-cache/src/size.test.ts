import { expect, it } from 'vitest';
import { formatSize, parseSize } from './size.ts';

it.each([
  ['1', 1],
  ['500kB', 500_000],
  ['64MB', 64_000_000],
  ['64 MiB', 67_108_864],
  ['1gb', 1_000_000_000],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each(['', '0', 'MB', '1.5MB', '-1', '1TB', '999999999999GB'])('%j is no size', (text) => {
  expect(() => parseSize(text)).toThrow(/is no size/);
});

it('a size is told in the unit that fits', () => {
  expect([812, 3_400, 3_400_000].map(formatSize)).toEqual(['812 B', '3.4 kB', '3.4 MB']);
});
