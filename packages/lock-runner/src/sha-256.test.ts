/** The digest of a text is the one that everybody else computes: a lock file of another name would exclude nobody. */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './sha-256.ts';

describe('sha256', () => {
  it.each([
    // FIPS 180-2, appendix B, and the empty message
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j is what the standard says', (text, digest) => {
    expect(sha256(text)).toBe(digest);
  });

  it('is that of the runtime for every length up to four blocks', () => {
    for (let length = 0; length <= 256; length += 1) {
      const text = 'x'.repeat(length);
      expect(sha256(text)).toBe(hash('sha256', text, 'hex'));
    }
  });

  it('is that of the runtime for any text', () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(anyText, (text) => {
        expect(sha256(text)).toBe(hash('sha256', text, 'hex'));
      }),
    );
  });
});
