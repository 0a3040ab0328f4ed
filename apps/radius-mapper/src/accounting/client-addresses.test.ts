import { describe, expect, it } from 'vitest';
import { clientAddresses } from './client-addresses.ts';

describe('the addresses of a client', () => {
  it.each([
    ['10.8.0.7', '10.8.0.7'],
    ['0.0.0.0', null],
    ['255.255.255.254', null],
    ['255.255.255.255', null],
    ['224.0.0.1', null],
    ['10.8.0', null],
    ['', null],
  ])('of IPv4: %s is %s', (framedIp, expected) => {
    expect(clientAddresses({ framedIp }).framedIp).toBe(expected);
  });

  it.each([
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0::7', '2001:db8::7'],
    ['::', null],
    ['ff02::1', null],
    ['fe80::1%eth0', null],
    ['10.8.0.7', null],
  ])('of IPv6: %s is %s', (framedIpv6, expected) => {
    expect(clientAddresses({ framedIpv6 }).framedIpv6).toBe(expected);
  });

  it('takes a prefix for an address if it is one', () => {
    expect(clientAddresses({ prefix6: '2001:db8::7/128' }).framedIpv6).toBe('2001:db8::7');
    expect(clientAddresses({ prefix6: '2001:db8::/64' }).framedIpv6).toBeNull();
    expect(clientAddresses({ framedIpv6: '2001:db8::9', prefix6: '2001:db8::7/128' }).framedIpv6).toBe(
      '2001:db8::9',
    );
  });

  it('are none where none is told', () => {
    expect(clientAddresses({})).toEqual({ framedIp: null, framedIpv6: null });
  });
});
