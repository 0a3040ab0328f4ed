/**
 * The addresses of a client as a report tells them, in the one form in which truth compares them. An address that cannot
 * be anybody's (unspecified, multicast, broadcast) is refused: RADIUS has some that mean "not known", and two sessions
 * that were told one of them would be taken for the same client.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { HoldfastError } from '@holdfast/base';
import { canonicalIpv6 } from '../canonical-ipv6.ts';
import type { StoredLock } from './session-lock.ts';

export type AddressColumns = Pick<StoredLock, 'framed_ip' | 'framed_ipv6'>;

/** @throws HoldfastError TRUTH_INVALID - not an address of that family, or nobody's */
export function toldAddress(told: {
  readonly framedIp?: string | null;
  readonly framedIpv6?: string | null;
}): AddressColumns {
  const { framedIp = null, framedIpv6 = null } = told;
  return {
    framed_ip: framedIp === null ? null : ipv4Of(framedIp),
    framed_ipv6: framedIpv6 === null ? null : ipv6Of(framedIpv6),
  };
}

function ipv4Of(text: string): string {
  const first = isIPv4(text) ? Number.parseInt(text, 10) : 0;
  if (first === 0 || first >= 224) throw nobodys(text, 'IPv4');
  return text;
}

function ipv6Of(text: string): string {
  if (!isIPv6(text) || text.includes('%')) throw nobodys(text, 'IPv6');
  const address = canonicalIpv6(text);
  if (address === '::' || /^ff[0-9a-f]{2}:/.test(address)) throw nobodys(text, 'IPv6');
  return address;
}

function nobodys(text: string, family: string): HoldfastError {
  return new HoldfastError('TRUTH_INVALID', `"${text.slice(0, 45)}" is not an ${family} address of a client`);
}
