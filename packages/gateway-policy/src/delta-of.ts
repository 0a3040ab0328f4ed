/**
 * The changes from one desired state to the next, for `Dataplane.writeDelta`. Pure; the states may hold the touched sessions
 * only, and have to agree on what is left out of both.
 */
import type { Changes } from './changes.ts';
import { diffState } from './diff-state.ts';
import type { PolicyState } from './policy-state.ts';

/**
 * @param before - what was live for these sessions; empty for sessions that are new
 * @param after - what is to be live for them; empty for sessions that have ended
 */
export function deltaOf(before: PolicyState, after: PolicyState): Changes {
  return diffState(after, { ...before, nft: { kind: 'intact' }, tc: { kind: 'intact' } });
}
