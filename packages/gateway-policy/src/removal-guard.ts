/**
 * The last look before much is taken away. A truth that was read empty, half restored or pointed at the wrong gateway
 * looks like a mass removal, and lifting all restrictions at once cannot be taken back. So a difference that removes
 * more than a share and more than a count of one kind of object is refused unless it is forced.
 *
 * Each kind is judged for itself: among ten thousand classes the loss of all forty restrictions would not show. Changing
 * the number of shards renames every class and is therefore refused until forced, which is meant: it interrupts everybody.
 */
import { HoldfastError } from '@holdfast/base';
import type { Changes } from './changes.ts';
import type { ActualState } from './policy-state.ts';

export interface RemovalGuardOptions {
  /** Share of what is live that may go, 0 to 1. Default 0.3. */
  readonly maxRatio?: number;
  /** Count that may go whatever its share. Default 20. */
  readonly minCount?: number;
  /**
   * Connections that triggers name which are not covered yet: a session that ends takes an address of each family with it,
   * in both directions. Default 0.
   */
  readonly explained?: number;
  /** True lets every removal pass: the operator has seen it. */
  readonly force?: boolean;
}

/** Of one kind that one session has: an IPv4 and an IPv6 address, each down and up. */
const mostObjects = 4;

/**
 * @throws HoldfastError REMOVAL_REFUSED - `details.removals` lists the kinds with `removed` and `of`
 */
export function assertRemovalsExplained(
  changes: Changes,
  actual: ActualState,
  options: RemovalGuardOptions = {},
): void {
  const { maxRatio = 0.3, minCount = 20, explained = 0, force = false } = options;
  if (force) return;
  const removals = [
    { kind: 'restricted', removed: changes.restricted.remove.length, of: actual.restricted.size },
    { kind: 'class-of', removed: changes.classOf.remove.length, of: actual.classOf.size },
    { kind: 'class', removed: changes.classes.remove.length, of: actual.classes.size },
  ].filter(({ removed, of }) => {
    const unexplained = removed - explained * mostObjects;
    return unexplained > minCount && unexplained > of * maxRatio;
  });
  if (removals.length === 0) return;
  const what = removals.map(({ kind, removed, of }) => `${removed} of ${of} ${kind} objects`).join(', ');
  throw new HoldfastError('REMOVAL_REFUSED', `this run would remove ${what}`, {
    details: { removals, maxRatio, minCount },
  });
}
