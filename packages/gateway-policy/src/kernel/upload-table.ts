/**
 * The way of upload on a shared device: packets of limited sessions are led from the ingress of the gateway's device to an
 * ifb device that has a tree of its own, and come back from there as if they had just arrived. All of it exists only on a
 * gateway where somebody has an upload limit.
 *
 *     d0 ──ingress──► table netdev holdfast: priority = class of the source ─► fwd ─► holdfast-up: HTB ─► d0, where it left
 *
 * Sessions without an upload limit never leave the device. A packet forwarded to an ifb is marked by the kernel, so that it
 * passes the ingress of its device once. For IPv6 the mark leads to the shard, as in `nft-scaffold.ts`.
 */

import { builtOnObject, builtOnText } from './built-on.ts';
import { nftObject } from './nft-object.ts';
import { type NftTableShape, setMark, setPriority, shardMapObject, shardMapText } from './nft-scaffold.ts';

/** The ifb device. One for a network namespace, as the nft table is. */
export const uploadDevice = 'holdfast-up';

const base = { family: 'netdev', table: 'holdfast' };

export function uploadTable(device: string, shards: number): NftTableShape {
  const isSharded = shards > 1;
  const mark = isSharded ? ' meta mark set meta priority and ffff:0 map @shard' : '';
  const forward = { fwd: { dev: uploadDevice } };
  const rule = (expr: unknown) => ({ rule: { ...base, chain: 'upload', expr } });
  const textTo = (target: string) => `table netdev holdfast {
map class4 { type ipv4_addr : classid; }
map class6 { type ipv6_addr : classid; }
${builtOnText(device)}${isSharded ? shardMapText(shards) : ''}chain upload {
type filter hook ingress device "${device}" priority 0; policy accept;
meta priority set ip saddr map @class4 fwd to "${target}"
meta priority set ip6 saddr map @class6${mark} fwd to "${target}"
}
}
`;
  return {
    family: 'netdev',
    text: textTo(uploadDevice),
    checkText: textTo(device),
    objects: [
      { map: { ...base, name: 'class4', type: 'ipv4_addr', map: 'classid' } },
      { map: { ...base, name: 'class6', type: 'ipv6_addr', map: 'classid' } },
      builtOnObject(base, device),
      ...(isSharded ? [shardMapObject(base, shards)] : []),
      { chain: { ...base, name: 'upload', type: 'filter', hook: 'ingress', prio: 0, policy: 'accept' } },
      rule([setPriority('ip', 'saddr', 'class4'), forward]),
      rule([setPriority('ip6', 'saddr', 'class6'), ...(isSharded ? [setMark] : []), forward]),
    ].map((object) => nftObject(object)),
  };
}
