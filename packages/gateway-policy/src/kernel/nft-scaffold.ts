/**
 * The fixed part of our nft table, and what nft prints for it. The table name is ours alone; no other table is ever
 * listed or touched.
 *
 * - `forward` drops what comes from or goes to a restricted address. Forwarded packets only: the gateway's own services
 *   stay reachable, and flows that another table hands to a flowtable do not pass here.
 * - `postrouting` sets the packet's priority to its tc class. With shards the root HTB has to find the shard first. For
 *   IPv4 it does so by the destination's last octet; for IPv6 that is not possible, as a session with both families has
 *   one class, in the shard of its IPv4 address. So for IPv6 packets of shaped sessions the packet mark is set to shard + 1
 *   on their way out, and a filter at the root reads it (`tc-scaffold.ts`). A mark that such a packet had is lost at that point,
 *   after routing; IPv4 packets, and packets of unshaped sessions, keep theirs.
 */
import { sessionMajor } from '../class-id.ts';

/** The sets and maps whose elements are policy. */
export const elementSets = ['restricted4', 'restricted6', 'class4', 'class6'] as const;
export type ElementSet = (typeof elementSets)[number];

/** The table with its chains, without elements, as nft reads it. */
export function nftScaffoldText(shards: number): string {
  const mark = shards === 1 ? '' : ' meta mark set meta priority and ffff:0 map @shard';
  const shardMap = `map shard { type classid : mark; elements = { ${shardMarks(shards)
    .map(([qdisc, mark]) => `${qdisc} : ${mark}`)
    .join(', ')} }; }\n`;
  return `table inet holdfast {
set restricted4 { type ipv4_addr; }
set restricted6 { type ipv6_addr; }
map class4 { type ipv4_addr : classid; }
map class6 { type ipv6_addr : classid; }
${shards === 1 ? '' : shardMap}chain forward {
type filter hook forward priority 0; policy accept;
ip saddr @restricted4 drop
ip daddr @restricted4 drop
ip6 saddr @restricted6 drop
ip6 daddr @restricted6 drop
}
chain postrouting {
type filter hook postrouting priority -150; policy accept;
meta priority set ip daddr map @class4
meta priority set ip6 daddr map @class6${mark}
}
}
`;
}

/** One object of the scaffold as nft lists it, without handle: a name for people and the JSON text to compare. */
export interface NftObject {
  readonly name: string;
  readonly text: string;
}

/** What an intact table of that many shards lists, in nft's order within each kind. */
export function expectedNftObjects(shards: number): readonly NftObject[] {
  const drop = (protocol: string, field: string, set: string) => [
    { match: { op: '==', left: { payload: { protocol, field } }, right: `@${set}` } },
    { drop: null },
  ];
  const setPriority = (protocol: string, map: string) => ({
    mangle: {
      key: { meta: { key: 'priority' } },
      value: { map: { key: { payload: { protocol, field: 'daddr' } }, data: `@${map}` } },
    },
  });
  const setMark = {
    mangle: {
      key: { meta: { key: 'mark' } },
      value: { map: { key: { '&': [{ meta: { key: 'priority' } }, 'ffff:0'] }, data: '@shard' } },
    },
  };
  const base = { family: 'inet', table: 'holdfast' };
  const rule = (chain: string, expr: unknown) => ({ rule: { ...base, chain, expr } });
  return [
    { set: { ...base, name: 'restricted4', type: 'ipv4_addr' } },
    { set: { ...base, name: 'restricted6', type: 'ipv6_addr' } },
    { map: { ...base, name: 'class4', type: 'ipv4_addr', map: 'classid' } },
    { map: { ...base, name: 'class6', type: 'ipv6_addr', map: 'classid' } },
    ...(shards === 1
      ? []
      : [{ map: { ...base, name: 'shard', type: 'classid', map: 'mark', elem: shardMarks(shards) } }]),
    { chain: { ...base, name: 'forward', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' } },
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
    rule('forward', drop('ip', 'saddr', 'restricted4')),
    rule('forward', drop('ip', 'daddr', 'restricted4')),
    rule('forward', drop('ip6', 'saddr', 'restricted6')),
    rule('forward', drop('ip6', 'daddr', 'restricted6')),
    rule('postrouting', [setPriority('ip', 'class4')]),
    rule('postrouting', [setPriority('ip6', 'class6'), ...(shards === 1 ? [] : [setMark])]),
  ].map((object) => nftObject(object));
}

/** The comparable form of a listed object: keys sorted, elements of constant maps sorted, handles dropped. */
export function nftObject(listed: Readonly<Record<string, unknown>>): NftObject {
  const [kind = '', body] = Object.entries(listed)[0] ?? [];
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { handle: _, elem, ...rest } = fields;
  const elements = Array.isArray(elem) ? { elem: elem.map((entry) => JSON.stringify(entry)).sort() } : {};
  const name = `${kind} ${String(fields.chain ?? fields.name)}`;
  return { name, text: `${kind} ${sortedJson({ ...rest, ...elements })}` };
}

/** The major number of each shard's HTB as a class id without minor, and its mark. */
function shardMarks(shards: number): readonly (readonly [string, number])[] {
  return Array.from({ length: shards }, (_, shard) => {
    return [`${sessionMajor(shard, shards).toString(16)}:0`, shard + 1] as const;
  });
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
