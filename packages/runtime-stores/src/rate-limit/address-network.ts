/**
 * The network that an address is limited by: an IPv4 address by itself, an IPv6 address by its prefix, because whoever has
 * one has 2⁶⁴ of them. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address: else the same
 * client would have a bucket per spelling, or all of them one.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { HoldfastError } from '@holdfast/base';

/** What a site is given by a provider is between these: /64 for one customer, /56 for a line that is delegated. */
export type Ipv6PrefixBits = 56 | 57 | 58 | 59 | 60 | 61 | 62 | 63 | 64;

/**
 * @returns `192.0.2.1/32` or `2001:db8:0:1::/64`; one text for every spelling
 * @throws HoldfastError USAGE - no address; a proxy that tells none must not make one bucket for everybody
 */
export function addressNetwork(address: string, ipv6PrefixBits: Ipv6PrefixBits = 64): string {
  if (isIPv4(address)) return `${address}/32`;
  const [bare = ''] = address.split('%', 1); // a zone names an interface of this host, not another client
  if (!isIPv6(bare))
    throw new HoldfastError('USAGE', `${JSON.stringify(address.slice(0, 80))} is no IP address`);
  const groups = groupsOf(bare);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `${[high >> 8, high & 255, low >> 8, low & 255].join('.')}/32`;
  const fourth = (groups[3] ?? 0) & (0xffff << (64 - ipv6PrefixBits)) & 0xffff;
  const network = [...groups.slice(0, 3), fourth].map((group) => group.toString(16)).join(':');
  return `${network}::/${ipv6PrefixBits}`;
}

/** The eight groups of an address; URL knows every spelling. */
function groupsOf(address: string): readonly number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}
