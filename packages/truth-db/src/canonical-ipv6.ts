/** The one spelling of an IPv6 address (RFC 5952, `::ffff:c000:201` for one that holds an IPv4 address), for texts that are compared. */

/** @param address - an IPv6 address in any spelling, without a zone: that names an interface of one host */
export function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
