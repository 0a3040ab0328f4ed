/**
 * How full a gateway is and what building it would cost, from truth alone: for reports, and for the decision about the number
 * of shards before there are too many sessions. Pure.
 *
 * The cost is a forecast within a factor of two, from measurements on Linux 6.18 with two cores: adding a class walks the
 * classes of its HTB (5 000 in one take 1.4 s, 10 000 take 5 s), and a part of the qdiscs of the whole device (50 000 in 256
 * HTBs take 15 s). A qdisc on a device of its own costs always the same.
 */
import { type GatewayRow, type SessionRow, slotsPerShard } from '@holdfast/truth-db';
import { isShardCount, qdiscOfClass } from './class-id.ts';
import { isUpload } from './direction.ts';
import type { PolicyState } from './policy-state.ts';

export interface CapacityForecast {
  /** Classes or devices that are shaped, both directions together. */
  readonly shaped: number;
  /** The places for sessions on a shared device; null where each session has a device of its own. */
  readonly slots: SlotUse | null;
  /** Predicted time to build everything anew, in milliseconds. */
  readonly buildMs: number;
  /** Predicted time to add one more session, in milliseconds. */
  readonly addMs: number;
}

export interface SlotUse {
  readonly used: number;
  readonly free: number;
  /** A session can only have a slot in the shard of its address, so the fullest one decides. */
  readonly fullest: { readonly shard: number; readonly used: number; readonly free: number };
}

const msOfClass = 0.03;
/** For each class that its HTB has already. */
const msOfNeighbour = 1e-4;
/** For each class that its device has already. */
const msOfDevice = 1e-5;

type Gateway = Pick<GatewayRow, 'layout' | 'shards'>;
type Session = Pick<SessionRow, 'shapingSlot'>;

/** About 10 ms for 50 000 sessions. */
export function capacityForecast(
  { layout, shards }: Gateway,
  { classes }: Pick<PolicyState, 'classes'>,
  sessions: readonly Session[],
): CapacityForecast {
  const shaped = classes.size;
  if (layout === 'per-interface') {
    return { shaped, slots: null, buildMs: Math.round(shaped * msOfClass), addMs: msOfClass };
  }
  const [download, upload] = classesOfHtbs(classes.keys());
  const trees = [treeForecast(download), treeForecast(upload)];
  return {
    shaped,
    slots: isShardCount(shards) ? slotUse(sessions, shards) : null,
    buildMs: Math.round(trees.reduce((sum, tree) => sum + tree.buildMs, 0)),
    addMs: Math.max(...trees.map((tree) => tree.addMs)),
  };
}

/** From here on an operator has to do something: the next sessions of these addresses are refused. */
const nearlyFullShare = 0.9;
/** A gateway that was rebooted is without limits for as long. */
const longBuildMs = 60_000;

/** What somebody should do about it before it is too late; empty when nothing. */
export function capacityWarnings(
  { slots, buildMs }: CapacityForecast,
  { shards }: Gateway,
): readonly string[] {
  const warnings: string[] = [];
  const { fullest } = slots ?? {};
  if (fullest !== undefined && fullest.used >= nearlyFullShare * slotsPerShard) {
    warnings.push(
      `shard ${fullest.shard} is nearly full: ${fullest.used} of ${slotsPerShard} slots are used, and a session without a slot is refused`,
    );
  }
  if (slots !== null && shards < 256 && buildMs > longBuildMs) {
    const seconds = Math.round(buildMs / 1_000);
    warnings.push(`building everything anew would take about ${seconds} s; more shards would shorten it`);
  }
  return warnings;
}

function slotUse(sessions: readonly Session[], shards: number): SlotUse {
  const usedOf = new Array<number>(shards).fill(0);
  for (const { shapingSlot } of sessions) {
    const shard = shapingSlot === null ? -1 : Math.floor(shapingSlot / 0x10000);
    if (shard >= 0 && shard < shards) usedOf[shard] = (usedOf[shard] ?? 0) + 1;
  }
  const used = usedOf.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...usedOf);
  return {
    used,
    free: shards * slotsPerShard - used,
    fullest: { shard: usedOf.indexOf(most), used: most, free: slotsPerShard - most },
  };
}

/** How many classes each HTB has, in the two directions. */
function classesOfHtbs(classIds: Iterable<string>): readonly [Map<string, number>, Map<string, number>] {
  const ways = [new Map<string, number>(), new Map<string, number>()] as const;
  for (const classId of classIds) {
    const way = ways[isUpload(classId) ? 1 : 0];
    const htb = qdiscOfClass(classId);
    way.set(htb, (way.get(htb) ?? 0) + 1);
  }
  return ways;
}

/** Classes come one by one, so each finds half of the others on average. */
function treeForecast(classesOf: ReadonlyMap<string, number>) {
  const sizes = [...classesOf.values()];
  const most = Math.max(0, ...sizes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const neighbours = sizes.reduce((sum, size) => sum + size * size, 0) / 2;
  return {
    buildMs: total * msOfClass + neighbours * msOfNeighbour + ((total * total) / 2) * msOfDevice,
    addMs: msOfClass + most * msOfNeighbour + total * msOfDevice,
  };
}
