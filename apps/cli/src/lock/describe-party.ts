/** A holder or waiter in words. */
import type { LockParty } from '@holdfast/base';
import { lengthOf } from '@holdfast/host/cli';

/** `pid 4711 (vpn-policy-apply) on gw1 for 2.5 s`; a process of which only the claim is known has no pid. */
export function describeParty({ pid, host, purpose, sinceMs }: LockParty): string {
  const since = sinceMs === undefined ? '' : ` for ${lengthOf(sinceMs)}`;
  const who = pid === 0 ? (purpose ?? 'an unknown process') : `pid ${pid} (${purpose ?? 'unknown purpose'})`;
  return `${who} on ${host}${since}`;
}
