/** What truth wants of the kernel for one session, derived as every run derives it, from the whole gateway. */
import { isHoldfastError } from '@holdfast/base';
import type { GatewaySnapshot, SessionRow } from '@holdfast/truth-db';
import { canonicalAddress } from '../address.ts';
import { type DesiredState, desiredState } from '../desired-state.ts';
import type { PolicyState } from '../policy-state.ts';
import type { SnapshotProblem } from '../snapshot-problem.ts';
import { partOf, type SessionPlace } from './session-part.ts';

export type SessionWish =
  /** `part` is empty for a session that is not there. */
  | { readonly kind: 'known'; readonly part: PolicyState }
  /** The gateway's truth cannot be used, so no run of it writes anything. */
  | { readonly kind: 'invalid'; readonly own: readonly SnapshotProblem[]; readonly others: number };

const nothing: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

/** @param row - the session as a run reads it; undefined when a run does not see one */
export function sessionWish(
  snapshot: GatewaySnapshot,
  row: SessionRow | undefined,
  place: SessionPlace,
): SessionWish {
  const state = derive(snapshot);
  if (!('problems' in state)) {
    // A place that nobody has is wanted empty, unless somebody else has it by now.
    return { kind: 'known', part: row === undefined ? nothing : partOf(state, place) };
  }
  const own = state.problems.filter(({ connection }) => connection === row?.vpnConnectionId);
  return { kind: 'invalid', own, others: state.problems.length - own.length };
}

function derive(snapshot: GatewaySnapshot): DesiredState | { readonly problems: readonly SnapshotProblem[] } {
  try {
    return desiredState(snapshot);
  } catch (error) {
    if (!isHoldfastError(error, 'TRUTH_INVALID')) throw error;
    return { problems: error.details.problems as readonly SnapshotProblem[] };
  }
}

/** Where a session stands: on its addresses, and on its device. What is no address is left out; it is a problem of truth. */
export function placeOf(
  layout: SessionPlace['layout'],
  { framedIp, framedIpv6, ifname }: Pick<SessionRow, 'framedIp' | 'framedIpv6' | 'ifname'>,
): SessionPlace {
  const addresses = [framedIp, framedIpv6].flatMap((text) => canonicalAddress(text ?? '') ?? []);
  return { layout, addresses, ifname };
}
