import { pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pbkdf2 } from './pbkdf2.ts';

const bytes = (most: number) => fc.uint8Array({ maxLength: most });

describe('PBKDF2 in plain JavaScript', () => {
  it('derives what the one of the runtime derives', () => {
    fc.assert(
      fc.property(bytes(64), bytes(130), fc.integer({ min: 1, max: 8 }), (password, salt, iterations) => {
        const expected = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
        expect(Buffer.from(pbkdf2(password, salt, iterations, 32)).toString('hex')).toBe(
          expected.toString('hex'),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('derives a vector that others have published', () => {
    // RFC 7914, §11.
    const text = new TextEncoder();
    const key = pbkdf2(text.encode('passwd'), text.encode('salt'), 1, 32);
    expect(Buffer.from(key).toString('hex')).toBe(
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc',
    );
  });

  it('refuses what takes more than one block', () => {
    expect(() => pbkdf2(new Uint8Array(65), new Uint8Array(), 1, 32)).toThrow(RangeError);
    expect(() => pbkdf2(new Uint8Array(8), new Uint8Array(), 1, 33)).toThrow(RangeError);
  });
});
