/**
 * How full a gateway is and what building it would cost, from its desired state alone: for reports, and for the decision
 * about the number of shards before there are too many sessions. Pure.
 *
 * The cost is a forecast within a factor of two, from measurements on Linux 6.18 with two cores: adding a class walks the
 * classes of its HTB (5 000 in one take 1.4 s, 10 000 take 5 s), and a part of the qdiscs of the whole device (50 000 in 256
 * HTBs take 15 s). A qdisc on a device of its own costs always the same.
 */
import type { GatewayRow } from '@holdfast/truth-db';
import { maxMinor, qdiscOfClass } from './class-id.ts';
import { isUpload } from './direction.ts';
import type { PolicyState } from './policy-state.ts';

export interface CapacityForecast {
  /** Classes or devices that are shaped, both directions together. */
  readonly shaped: number;
  /** How full the fullest shard of one direction is, and how many more sessions fit into it; null per interface. */
  readonly fullestShard: { readonly classes: number; readonly free: number } | null;
  /** Predicted time to build everything anew, in milliseconds. */
  readonly buildMs: number;
  /** Predicted time to add one more session, in milliseconds. */
  readonly addMs: number;
}

/** Two are left for the root and the default class of an HTB, as in `shaping-slot.ts` of truth. */
const slotsOfShard = maxMinor - 2;

const msOfClass = 0.03;
/** For each class that its HTB has already. */
const msOfNeighbour = 1e-4;
/** For each class that its device has already. */
const msOfDevice = 1e-5;

export function capacityForecast(
  { layout }: Pick<GatewayRow, 'layout'>,
  { classes }: Pick<PolicyState, 'classes'>,
): CapacityForecast {
  const shaped = classes.size;
  if (layout === 'per-interface') {
    return { shaped, fullestShard: null, buildMs: shaped * msOfClass, addMs: msOfClass };
  }
  const ways = Map.groupBy(classes.keys(), (classId) => isUpload(classId));
  const trees = Array.from(ways.values(), treeForecast);
  const most = Math.max(0, ...trees.map((tree) => tree.most));
  return {
    shaped,
    fullestShard: { classes: most, free: slotsOfShard - most },
    buildMs: trees.reduce((sum, tree) => sum + tree.buildMs, 0),
    addMs: Math.max(msOfClass, ...trees.map((tree) => tree.addMs)),
  };
}

/** Classes come one by one, so each finds half of the others on average. */
function treeForecast(classIds: readonly string[]) {
  const sizes = Array.from(Map.groupBy(classIds, qdiscOfClass).values(), (ofShard) => ofShard.length);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const neighbours = sizes.reduce((sum, size) => sum + size * size, 0) / 2;
  const total = classIds.length;
  return {
    most,
    buildMs: total * msOfClass + neighbours * msOfNeighbour + ((total * total) / 2) * msOfDevice,
    addMs: msOfClass + most * msOfNeighbour + total * msOfDevice,
  };
}
