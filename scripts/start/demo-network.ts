/**
 * What the namespace of the demo has: a device that carries the clients, and a way for packets to them. Both are veth pairs
 * whose ends stay inside, so nothing leads anywhere.
 *
 *   sender ─ uplink-peer ═ uplink ─► forwarded: nft, then tc ─► device ═ device-peer, where it ends
 *
 * Packets have to be forwarded, as on a gateway: what is sent by the machine itself passes the policy by. So the sender's own
 * address is routed out of the one end and comes in at the other.
 */

/** Runs a program in the namespace. */
export type Inside = (
  program: string,
  args: readonly string[],
) => { readonly status: number | null; readonly stdout: string };

/** From where packets are sent; of the documentation's networks, as those of the clients. */
export const senderAddresses = { ipv4: '203.0.113.1', ipv6: '2001:db8:113::1' } as const;

const clients = { ipv4: '198.51.100.0/24', ipv6: '2001:db8:77::/64' } as const;
const uplink = 'up0';
const uplinkMac = '02:00:5e:00:53:01';
const nextHop = { ipv4: '203.0.113.2', ipv6: 'fe80::1' } as const;
const table = '77';

/** @returns whether there is one now */
export function addDevice(inside: Inside, device: string): boolean {
  if (inside('ip', ['link', 'show', 'dev', device]).status === 0) return true;
  return isDone(inside, [
    `ip link add ${device} type veth peer name ${device}-peer`,
    `ip link set ${device} up`,
    `ip link set ${device}-peer up`,
  ]);
}

/** @returns whether packets get through now */
export function addUplink(inside: Inside, device: string): boolean {
  if (inside('ip', ['link', 'show', 'dev', uplink]).status === 0) return true;
  const peer = `${uplink}-peer`;
  const { ipv4, ipv6 } = senderAddresses;
  const isOpen = isDone(inside, [
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    // Nobody answers for the clients: their packets go to the device as they are.
    `ip link set ${device} arp off`,
    `ip route replace ${clients.ipv4} dev ${device}`,
    `ip -6 route replace ${clients.ipv6} dev ${device}`,
    `ip link add ${uplink} address ${uplinkMac} type veth peer name ${peer}`,
    `ip link set ${uplink} up`,
    `ip link set ${peer} up`,
    `ip address add ${ipv4}/32 dev ${peer}`,
    `ip -6 address add ${ipv6}/128 dev ${peer} nodad`,
    `ip neighbour add ${nextHop.ipv4} lladdr ${uplinkMac} dev ${peer} nud permanent`,
    `ip -6 neighbour add ${nextHop.ipv6} lladdr ${uplinkMac} dev ${peer} nud permanent`,
    // "iif lo" is what is sent from here, and not what has come back in.
    `ip rule add from ${ipv4} iif lo lookup ${table}`,
    `ip -6 rule add from ${ipv6} iif lo lookup ${table}`,
    `ip route replace ${clients.ipv4} via ${nextHop.ipv4} dev ${peer} onlink table ${table}`,
    `ip -6 route replace ${clients.ipv6} via ${nextHop.ipv6} dev ${peer} onlink table ${table}`,
    // What comes in has an address of ours: that is what these are about.
    `echo 1 > /proc/sys/net/ipv4/conf/${uplink}/accept_local`,
    `echo 0 > /proc/sys/net/ipv4/conf/${uplink}/rp_filter`,
    'echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter',
  ]);
  if (!isOpen) inside('ip', ['link', 'delete', uplink]);
  return isOpen;
}

function isDone(inside: Inside, commands: readonly string[]): boolean {
  return inside('sh', ['-ec', commands.join('\n')]).status === 0;
}
