/**
 * The fixed part of a tc tree, built once and never changed while sessions come and go: the one on the gateway's device for
 * download, and the one on the upload device.
 *
 * With one shard the session classes stand directly under the root HTB `1:`. With more, the root picks the shard:
 *
 *     1: ──u32: last octet of the client's IPv4 ──► 1:k ─► leaf HTB M: ──skb priority──► session class M:m
 *        └─bpf: packet mark of IPv6 ──────────────► 1:k
 *
 * IPv4: a 256-bucket u32 hash on the last octet of the client's address; a session's slot is in the shard of its address, so the
 * filters are constant. IPv6: classic BPF cannot read the priority that nft sets, but it reads the packet mark, which our
 * nft table sets to k beside the priority; `1:k` is computed as 1:0 | mark. So all IPv6 of a shaped session is shaped in the
 * session's one class, whatever its address; it needs cls_bpf in the kernel. Packets that belong to no class are sent
 * unshaped.
 *
 * A root qdisc with handle 0: was put there by the kernel and is replaced. Any other that is not this tree is damage and is
 * rebuilt; ingress and clsact belong to somebody else and are left alone. Filters below the root are not watched.
 */
import { sessionMajor, shardClassId } from '../class-id.ts';

/** Rate of a shard: no limit in practice. The burst covers a whole queue at that rate. */
export const shardRate = '1Tbit';

const htb = 'htb default 0 direct_qlen 1000';
/** Explicit, because the kernel warns about the quantum it derives itself from small and large rates. */
export const quantumBytes = 60_000;

/** Reads the mark, sets it beneath major 1, returns it as the class: ld mark; or #0x10000; ret a. */
export const shardBytecode = '3,32 0 0 4294963220,68 0 0 65536,22 0 0 0';

/** A device with a tree, and where in an IPv4 header the client's address begins: 16 the destination, 12 the source. */
export interface TcTreeShape {
  readonly device: string;
  readonly shards: number;
  readonly addressAt: 12 | 16;
}

/** The lines for `tc -batch` that build the tree on a device with the kernel's default qdisc. */
export function tcScaffoldLines({ device, shards, addressAt }: TcTreeShape): readonly string[] {
  const root = `qdisc add dev ${device} root handle 1: ${htb}`;
  if (shards === 1) return [root];
  const filter = `filter add dev ${device} parent 1:`;
  const u32 = `${filter} protocol ip prio 1 u32`;
  return [
    root,
    ...Array.from({ length: shards }, (_, shard) => shardLines(device, shard, shards)).flat(),
    `${filter} protocol ip prio 1 handle 2: u32 divisor 256`,
    ...Array.from({ length: 256 }, (_, octet) => {
      return `${u32} ht 2:${octet.toString(16)}: match u32 0 0 flowid ${shardClassId(octet % shards)}`;
    }),
    `${u32} ht 800:: match u32 0 0 hashkey mask 0x000000ff at ${addressAt} link 2:`,
    `${filter} protocol ipv6 prio 2 bpf bytecode '${shardBytecode}'`,
  ];
}

function shardLines(device: string, shard: number, shards: number): readonly string[] {
  const classId = shardClassId(shard);
  const handle = `${sessionMajor(shard, shards).toString(16)}:`;
  const rates = `rate ${shardRate} ceil ${shardRate} burst 1mb cburst 1mb quantum ${quantumBytes}`;
  return [
    `class add dev ${device} parent 1: classid ${classId} htb ${rates}`,
    `qdisc add dev ${device} parent ${classId} handle ${handle} ${htb}`,
  ];
}

/** The facts that `tc qdisc show` and `tc filter show` must state, each as one short text. */
export function expectedTcFacts(shards: number): ReadonlySet<string> {
  if (shards === 1) return new Set();
  return new Set([
    ...Array.from({ length: shards }, (_, shard) => {
      return `qdisc ${sessionMajor(shard, shards).toString(16)}: below ${shardClassId(shard)}`;
    }),
    ...Array.from({ length: shards }, (_, shard) => `class ${shardClassId(shard)} at ${shardRate}`),
    ...Array.from({ length: 256 }, (_, octet) => {
      return `filter octet ${octet.toString(16)} to ${shardClassId(octet % shards)}`;
    }),
    'filter hash of the last octet',
    'filter mark of ipv6',
  ]);
}
