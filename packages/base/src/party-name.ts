/** A holder or waiter of a lock, as every message names it. */
import type { LockParty } from './lock-observer.ts';

/** `pid 4711 (vpn-policy-apply)`; of a process of which only the claim is known, what the claim says. */
export function partyName({ pid, purpose }: Pick<LockParty, 'pid' | 'purpose'>): string {
  if (pid === 0) return purpose ?? 'an unknown process';
  return `pid ${pid} (${purpose ?? 'unknown purpose'})`;
}
