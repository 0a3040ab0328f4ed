import { describe, expect, it } from 'vitest';
import { noProxies, parseTrustedProxies, plainAddress } from './address-range.ts';
import { addressOf } from './client-address.ts';

describe('ranges of proxies', () => {
  it.each([
    ['10.0.0.0/8', '10.200.3.4', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::5', false],
    ['::1, 127.0.0.0/8', '127.1.2.3', true],
    ['unix', undefined, true],
    ['127.0.0.1', undefined, false],
  ])('%s, %s: %s', (text, address, isTrusted) => {
    expect(parseTrustedProxies(text).trusts(address)).toBe(isTrusted);
  });

  it.each([
    '',
    'proxy.example.net',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '::/129',
    '10.0.0.0/-1',
    '1.2.3',
  ])('refuse %j', (text) => {
    expect(() => parseTrustedProxies(text)).toThrow('neither an address');
  });
});

describe('an address', () => {
  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['unknown', undefined],
    ['192.0.2.01', undefined],
    ['', undefined],
  ])('%s is %s', (text, plain) => {
    expect(plainAddress(text)).toBe(plain);
  });
});

describe('the address of a client', () => {
  const proxies = parseTrustedProxies('127.0.0.1,10.0.0.0/8,2001:db8::/32,unix');

  it.each([
    ['is that of the peer without a header', '198.51.100.9', undefined, '198.51.100.9'],
    ['is that of the peer, whatever a stranger writes', '198.51.100.9', '1.1.1.1', '198.51.100.9'],
    ['is what a proxy writes', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['is not what its client writes before', '127.0.0.1', '1.1.1.1, 198.51.100.9', '198.51.100.9'],
    ['is found behind several proxies', '127.0.0.1', '1.1.1.1, 198.51.100.9, 10.0.0.5', '198.51.100.9'],
    ['is that of the outermost proxy when nobody else wrote', '127.0.0.1', '10.0.0.6, 10.0.0.5', '10.0.0.6'],
    ['stays with the proxy that wrote nonsense', '127.0.0.1', '198.51.100.9, junk', '127.0.0.1'],
    ['is one for a mapped peer without a header', '::ffff:198.51.100.9', undefined, '198.51.100.9'],
    ['is one for a mapped peer', '::ffff:127.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
    ['may have a port', '127.0.0.1', '198.51.100.9:4711', '198.51.100.9'],
    ['may have brackets', '127.0.0.1', '"[2001:db9::1]:4711"', '2001:db9::1'],
    ['comes over a Unix socket', undefined, '198.51.100.9', '198.51.100.9'],
    ['is this machine over a Unix socket without a header', undefined, undefined, '127.0.0.1'],
  ])('%s', (_what, peer, forwarded, client) => {
    expect(addressOf(proxies, peer, forwarded)).toBe(client);
  });

  it('is that of the peer where nobody is trusted', () => {
    expect(addressOf(noProxies, '127.0.0.1', '1.1.1.1')).toBe('127.0.0.1');
    expect(addressOf(noProxies, undefined, '1.1.1.1')).toBe('127.0.0.1');
  });

  it('is found in a header of any length by its last hops alone', () => {
    const forwarded = `${'1.1.1.1,'.repeat(100_000)}${'10.0.0.1,'.repeat(40)}10.0.0.2`;
    expect(addressOf(proxies, '127.0.0.1', forwarded)).toBe('10.0.0.1');
  });
});
