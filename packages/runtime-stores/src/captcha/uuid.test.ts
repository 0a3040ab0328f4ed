import { describe, expect, it } from 'vitest';
import { isUuid, uuid5 } from './uuid.ts';

describe('a UUID of a name', () => {
  it('is that of RFC 9562, appendix A.4', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
    expect(uuid5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it.each([
    '',
    'x',
    '6ba7b810-9dad-11d1-80b4-00c04fd430c',
    '6ba7b8109dad11d180b400c04fd430c8',
    'g'.repeat(36),
  ])('is not %j', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
