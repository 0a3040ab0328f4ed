/**
 * The fixed part of our nft tables, and what nft prints for it. The table name is ours alone; no other table is ever listed or
 * touched.
 *
 * - `forward` drops what comes from or goes to a restricted address. Forwarded packets only: the gateway's own services
 *   stay reachable, and flows that another table hands to a flowtable do not pass here.
 * - Shared device: `postrouting` sets the packet's priority to its tc class. With shards the root HTB has to find the shard
 *   first. For IPv4 it does so by the destination's last octet; for IPv6 that is not possible, as a session with both families
 *   has one class, in the shard of its IPv4 address. So for IPv6 packets of shaped sessions the packet mark is set to
 *   shard + 1 on their way out, and a filter at the root reads it (`tc-scaffold.ts`). A mark that such a packet had is lost at
 *   that point, after routing; IPv4 packets, and packets of unshaped sessions, keep theirs.
 * - Shared device, upload: see `upload-table.ts`. Its IPv6 packets come back from there with a mark, which `prerouting` takes
 *   away before anybody can route by it.
 * - Per interface: `forward` drops what a session's device sends above its upload limit. The kernel lets a limit save up one
 *   second of its rate.
 */
import { sessionMajor } from '../class-id.ts';
import { builtOnObject, builtOnText } from './built-on.ts';
import { type NftObject, nftObject } from './nft-object.ts';

export interface NftTableShape {
  readonly family: 'inet' | 'netdev';
  /** The table with its chains, without the elements that are policy, as nft reads it. */
  readonly text: string;
  /** The same without what is made only just before: for a check. Default: `text`. */
  readonly checkText?: string;
  /** What an intact table lists, in nft's order within each kind. */
  readonly objects: readonly NftObject[];
}

const base = { family: 'inet', table: 'holdfast' };
const rule = (chain: string, expr: unknown) => ({ rule: { ...base, chain, expr } });

/** The table `inet holdfast` of a gateway with one device for all sessions. */
export function sharedDeviceTable(device: string, shards: number): NftTableShape {
  const isSharded = shards > 1;
  const mark = isSharded ? ' meta mark set meta priority and ffff:0 map @shard' : '';
  return {
    family: 'inet',
    text: `table inet holdfast {
${restrictedSets}map class4 { type ipv4_addr : classid; }
map class6 { type ipv6_addr : classid; }
${builtOnText(device)}${isSharded ? shardMapText(shards) : ''}${forwardText('')}chain postrouting {
type filter hook postrouting priority -150; policy accept;
meta priority set ip daddr map @class4
meta priority set ip6 daddr map @class6${mark}
}
${isSharded ? unmarkText(shards) : ''}}
`,
    objects: [
      ...restrictedSetObjects,
      { map: { ...base, name: 'class4', type: 'ipv4_addr', map: 'classid' } },
      { map: { ...base, name: 'class6', type: 'ipv6_addr', map: 'classid' } },
      builtOnObject(base, device),
      ...(isSharded ? [shardMapObject(base, shards)] : []),
      ...forwardObjects,
      {
        chain: {
          ...base,
          name: 'postrouting',
          type: 'filter',
          hook: 'postrouting',
          prio: -150,
          policy: 'accept',
        },
      },
      rule('postrouting', [setPriority('ip', 'daddr', 'class4')]),
      rule('postrouting', [setPriority('ip6', 'daddr', 'class6'), ...(isSharded ? [setMark] : [])]),
      ...(isSharded ? unmarkObjects(shards) : []),
    ].map((object) => nftObject(object)),
  };
}

/** The table `inet holdfast` of a gateway where each session has a device of its own. */
export function perInterfaceTable(): NftTableShape {
  return {
    family: 'inet',
    text: `table inet holdfast {
${restrictedSets}set upload { type ifname; flags dynamic; }
${forwardText('iifname @upload drop\n')}}
`,
    objects: [
      ...restrictedSetObjects,
      { set: { ...base, name: 'upload', type: 'ifname' } },
      ...forwardObjects,
      rule('forward', [
        { match: { op: '==', left: { meta: { key: 'iifname' } }, right: '@upload' } },
        { drop: null },
      ]),
    ].map((object) => nftObject(object)),
  };
}

const restrictedSets = `set restricted4 { type ipv4_addr; }
set restricted6 { type ipv6_addr; }
`;

const restrictedSetObjects = [
  { set: { ...base, name: 'restricted4', type: 'ipv4_addr' } },
  { set: { ...base, name: 'restricted6', type: 'ipv6_addr' } },
];

function forwardText(more: string): string {
  return `chain forward {
type filter hook forward priority 0; policy accept;
ip saddr @restricted4 drop
ip daddr @restricted4 drop
ip6 saddr @restricted6 drop
ip6 daddr @restricted6 drop
${more}}
`;
}

const drop = (protocol: string, field: string, set: string) =>
  rule('forward', [
    { match: { op: '==', left: { payload: { protocol, field } }, right: `@${set}` } },
    { drop: null },
  ]);

const forwardObjects = [
  { chain: { ...base, name: 'forward', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' } },
  drop('ip', 'saddr', 'restricted4'),
  drop('ip', 'daddr', 'restricted4'),
  drop('ip6', 'saddr', 'restricted6'),
  drop('ip6', 'daddr', 'restricted6'),
];

/** Only packets that come back from the upload device have a class of ours as their priority so early. */
function unmarkText(shards: number): string {
  const majors = shardMarks(shards).map(([qdisc]) => qdisc);
  return `set shards { type classid; elements = { ${majors.join(', ')} }; }
chain prerouting {
type filter hook prerouting priority -300; policy accept;
meta nfproto ipv6 meta priority and ffff:0 @shards meta mark set 0
}
`;
}

function unmarkObjects(shards: number): readonly object[] {
  const majors = shardMarks(shards).map(([qdisc]) => qdisc);
  const isOurs = { op: '==', left: { '&': [{ meta: { key: 'priority' } }, 'ffff:0'] }, right: '@shards' };
  return [
    { set: { ...base, name: 'shards', type: 'classid', elem: majors } },
    {
      chain: {
        ...base,
        name: 'prerouting',
        type: 'filter',
        hook: 'prerouting',
        prio: -300,
        policy: 'accept',
      },
    },
    rule('prerouting', [
      { match: { op: '==', left: { meta: { key: 'nfproto' } }, right: 'ipv6' } },
      { match: isOurs },
      { mangle: { key: { meta: { key: 'mark' } }, value: 0 } },
    ]),
  ];
}

/** The expression that makes the class of an address the priority of the packet. */
export function setPriority(protocol: 'ip' | 'ip6', field: 'saddr' | 'daddr', map: string): object {
  const key = { payload: { protocol, field } };
  return { mangle: { key: { meta: { key: 'priority' } }, value: { map: { key, data: `@${map}` } } } };
}

/** The expression that makes the shard of that class the mark of the packet. */
export const setMark = {
  mangle: {
    key: { meta: { key: 'mark' } },
    value: { map: { key: { '&': [{ meta: { key: 'priority' } }, 'ffff:0'] }, data: '@shard' } },
  },
};

export function shardMapText(shards: number): string {
  const marks = shardMarks(shards).map(([qdisc, mark]) => `${qdisc} : ${mark}`);
  return `map shard { type classid : mark; elements = { ${marks.join(', ')} }; }\n`;
}

export function shardMapObject(table: object, shards: number): object {
  return { map: { ...table, name: 'shard', type: 'classid', map: 'mark', elem: shardMarks(shards) } };
}

/** The major number of each shard's HTB as a class id without minor, and its mark. */
function shardMarks(shards: number): readonly (readonly [string, number])[] {
  return Array.from({ length: shards }, (_, shard) => {
    return [`${sessionMajor(shard, shards).toString(16)}:0`, shard + 1] as const;
  });
}
