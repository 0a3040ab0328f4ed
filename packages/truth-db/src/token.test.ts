import { describe, expect, it } from 'vitest';
import { hashToken, isTokenOf, newToken } from './token.ts';

describe('a token', () => {
  it('has 256 random bits in 43 characters, another every time', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    }
  });

  it('is known by its SHA-256', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    ['its own hash', hashToken('abc'), true],
    ['the hash of another', hashToken('abd'), false],
    ['a hash that differs in its last digit', hashToken('abc').replace(/.$/, '0'), false],
    ['a hash cut short', hashToken('abc').slice(0, -1), false],
    ['nothing', '', false],
    ['itself', 'abc', false],
  ])('belongs to %s: %#', (_what, hash, isItsOwn) => {
    expect(isTokenOf('abc', hash)).toBe(isItsOwn);
  });
});
