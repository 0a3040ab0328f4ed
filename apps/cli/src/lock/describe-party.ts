/** A holder or waiter in words. */
import { type LockParty, partyName } from '@holdfast/base';
import { lengthOf } from '@holdfast/host/cli';

/** `pid 4711 (vpn-policy-apply) on gw1 for 2.5 s`; a process of which only the claim is known has no pid. */
export function describeParty(party: LockParty): string {
  const since = party.sinceMs === undefined ? '' : ` for ${lengthOf(party.sinceMs)}`;
  return `${partyName(party)} on ${party.host}${since}`;
}
