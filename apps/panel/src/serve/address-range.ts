/** Addresses and ranges of them, as `--trust-proxy` names them: `10.0.0.0/8`, `2001:db8::/32`, one address, or `unix`. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export interface TrustedProxies {
  /** @param address - of the peer; undefined for one that comes over a Unix socket */
  trusts(address: string | undefined): boolean;
}

export const noProxies: TrustedProxies = { trusts: () => false };

/** @throws Error - what is wrong with the text */
export function parseTrustedProxies(text: string): TrustedProxies {
  const list = new BlockList();
  let trustsUnix = false;
  for (const range of text.split(',').map((part) => part.trim())) {
    if (range === 'unix') trustsUnix = true;
    else addRange(list, range);
  }
  return {
    trusts: (address) =>
      address === undefined ? trustsUnix : list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  };
}

/**
 * An address in the one form that it is compared and counted in; undefined for what is none. IPv4 that came over an IPv6
 * socket is IPv4, else one client would be two.
 */
export function plainAddress(text: string): string | undefined {
  const [withoutZone = ''] = text.split('%', 1);
  if (isIPv4(withoutZone)) return withoutZone;
  if (!isIPv6(withoutZone)) return undefined;
  const canonical = new URL(`http://[${withoutZone}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const bytes = [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((two) => [two >> 8, two & 255]);
  return bytes.join('.');
}

function addRange(list: BlockList, range: string): void {
  const [network = '', digits, ...more] = range.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  const prefix = digits === undefined ? most : Number(digits);
  const isRange = isIPv4(network) || isIPv6(network);
  if (!isRange || more.length > 0 || (digits !== undefined && !/^\d{1,3}$/.test(digits)) || prefix > most) {
    throw new Error(
      `"${range.slice(0, 60)}" is neither an address, nor a range such as 10.0.0.0/8, nor unix`,
    );
  }
  list.addSubnet(network, prefix, family);
}
