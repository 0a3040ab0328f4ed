import { describe, expect, it } from 'vitest';
import { ntHashOf } from './nt-hash.ts';

describe('the NT hash', () => {
  it.each([
    ['clientPass', '44ebba8d5312b8d611474411f56989ae'], // RFC 2759 §9.2
    ['password', '8846f7eaee8fb117ad06bdd830b7586c'],
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ])('of %j is that of the standard', async (password, hash) => {
    expect(await ntHashOf(password)).toBe(hash);
  });
});
