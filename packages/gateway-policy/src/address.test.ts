import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, isClientAddress, lastByteOf } from './address.ts';

describe('canonicalAddress', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['FD00:0:0::0001', 'fd00::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['1:2:3:0:5:6:7:8', '1:2:3:0:5:6:7:8'],
    ['::1:2', '::0.1.0.2'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::ffff:102:304', '::ffff:1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['::1:0', '::0.1.0.0'],
  ])('prints %s as the C library prints it', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  test.each([
    '',
    'x',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1/32',
    'fe80::1%eth0',
    ' 10.0.0.1',
    '1:2',
  ])('refuses %j', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });

  test('leaves its own output as it is', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalAddress(text);
        expect(canonical).toBeDefined();
        expect(canonicalAddress(canonical ?? '')).toBe(canonical);
      }),
    );
  });
});

describe('lastByteOf', () => {
  test.each([
    ['10.0.0.7', 7],
    ['fd00::1234', 0x34],
    ['fd00::', 0],
    ['::ffff:1.2.3.4', 4],
    ['fd00::7', 7],
  ])('of %s is %d', (address, byte) => {
    expect(lastByteOf(address)).toBe(byte);
  });
});

describe('isClientAddress', () => {
  test.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '255.255.255.254', '::', 'ff02::1'])(
    'is false for %s',
    (address) => {
      expect(isClientAddress(address)).toBe(false);
    },
  );
  test.each(['10.0.0.1', '100.64.0.0', 'fd00::1', '2001:db8::', 'ff::1'])('is true for %s', (address) => {
    expect(isClientAddress(address)).toBe(true);
  });
});
