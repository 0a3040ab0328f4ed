import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashRadiusSecret, isRadiusSecretOf, newRadiusSecret } from './radius-secret.ts';

describe('a RADIUS secret', () => {
  it('has 144 random bits in 24 characters, another every time', () => {
    const secrets = Array.from({ length: 100 }, newRadiusSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });

  it('is kept as Password-With-Header: SHA-256 of secret and salt, then the salt', () => {
    const hash = hashRadiusSecret('sécret');
    const [, base64 = ''] = /^\{ssha256\}([A-Za-z0-9+/]{64})$/.exec(hash) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    const salted = Buffer.concat([Buffer.from('sécret'), bytes.subarray(32)]);
    expect(bytes).toHaveLength(48);
    expect(bytes.subarray(0, 32)).toEqual(createHash('sha256').update(salted).digest());
  });

  it('has another hash every time, and each is its own', () => {
    const hashes = Array.from({ length: 10 }, () => hashRadiusSecret('secret'));
    expect(new Set(hashes).size).toBe(10);
    expect(hashes.every((hash) => isRadiusSecretOf('secret', hash))).toBe(true);
  });

  /** Made by slappasswd's pw-sha2 module: another salt length is as good. */
  const foreign = '{ssha256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK';

  it.each([
    ['a hash that another program made', 'test123', foreign, true],
    ['another secret', 'test124', foreign, false],
    ['another header', 'test123', foreign.replace('ssha256', 'ssha'), false],
    [
      'a digest without salt',
      'test123',
      `{ssha256}${createHash('sha256').update('test123').digest('base64')}`,
      false,
    ],
    ['a text cut short', 'test123', foreign.slice(0, 40), false],
    ['no hash', 'test123', '', false],
  ])('is compared with %s', (_what, secret, hash, isItsOwn) => {
    expect(isRadiusSecretOf(secret, hash)).toBe(isItsOwn);
  });
});
