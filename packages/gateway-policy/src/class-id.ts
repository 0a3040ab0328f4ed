/**
 * Where a session's tc class stands. One HTB cannot carry many thousand classes (adding one walks all of them), so a
 * gateway with `shards` > 1 has a root HTB `1:` with one class `1:k` per shard, and under each a leaf HTB of its own
 * with the session classes. Handles are pure functions of the slot, so a rebuilt gateway is identical.
 *
 * | shards | session class of slot `shard * 65536 + minor` |
 * |---|---|
 * | 1 | `1:minor` |
 * | 2 … 256 | `major:minor`, leaf HTB `major:` under class `1:(shard + 1)`, major from `majorOfShard` |
 */

/** Text of a class id as tc prints it: two hexadecimal numbers, `3:1f`. */
export type ClassId = string;

/** Highest minor of a class; 0 is the qdisc itself. */
export const maxMinor = 0xffff;

/** Class of the root that carries a shard's leaf HTB. */
export function shardClassId(shard: number): ClassId {
  return `1:${(shard + 1).toString(16)}`;
}

/** Major number of the HTB that holds the session classes of a shard. */
export function sessionMajor(shard: number, shards: number): number {
  return shards === 1 ? 1 : (majorOfShard[shard] ?? 0);
}

/**
 * The first 256 majors from 2 on that are not in bucket 0 of the kernel's table of qdiscs. The kernel finds a qdisc by its
 * handle in 16 buckets, and puts the invisible default qdisc of every class, handle 0, into bucket 0: a leaf HTB there is
 * found behind all of them, at every add, change and delete. Avoiding it makes 50 000 adds a fifth faster (9.0 against
 * 11.3 s).
 *
 * @see qdisc_hash in linux/netdevice.h (4 bits) and hash_32 in linux/hash.h
 */
const majorOfShard = Array.from({ length: 512 }, (_, major) => major)
  .filter((major) => major > 1 && qdiscBucket(major) !== 0)
  .slice(0, 256);

function qdiscBucket(major: number): number {
  return Math.imul(major << 16, 0x61c88647) >>> 28;
}

/** Class id of a shaping slot. */
export function classIdOfSlot(slot: number, shards: number): ClassId {
  const shard = Math.floor(slot / 0x10000);
  return `${sessionMajor(shard, shards).toString(16)}:${(slot % 0x10000).toString(16)}`;
}

/** The qdisc a class belongs to, as tc wants it for `parent`: `3:` of `3:1f`. */
export function qdiscOfClass(classId: ClassId): string {
  return classId.slice(0, classId.indexOf(':') + 1);
}

/** True for a shard count that the layout can build: a power of two, 1 to 256. */
export function isShardCount(shards: number): boolean {
  return Number.isInteger(shards) && shards >= 1 && shards <= 256 && (shards & (shards - 1)) === 0;
}
