/** The secret in the header. */
import { describe, expect, it } from 'vitest';
import { bearerCheck } from './bearer.ts';

describe('a bearer', () => {
  const isBearer = bearerCheck('0123456789abcdef');

  it('with the secret is let in', () => {
    expect(isBearer('Bearer 0123456789abcdef')).toBe(true);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    '0123456789abcdef',
    'Basic 0123456789abcdef',
    'Bearer 0123456789abcdeF',
    'Bearer 0123456789abcde',
    'Bearer 0123456789abcdef0',
    'Bearer 0123456789abcdeĦ',
    `Bearer ${'x'.repeat(8_000)}`,
  ])('%j is not', (header) => {
    expect(isBearer(header)).toBe(false);
  });
});
