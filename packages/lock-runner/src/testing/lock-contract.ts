/**
 * What every backend of `LockRunner` must do, as a suite to be called with a subject. Checks order, state and codes
 * only, never how the backend gets there. That something blocks is proved by a step of its peer, never by sleeping.
 * Not part of the build.
 */
import { describe } from 'vitest';
import { describeCancellation } from './contract/cancellation.ts';
import { describeCircleOfWaits } from './contract/circle-of-waits.ts';
import { describeContended } from './contract/contended.ts';
import { ContractWorld } from './contract/contract-world.ts';
import { describeDirectory } from './contract/directory.ts';
import { describeExclusion } from './contract/exclusion.ts';
import { describeGenerations } from './contract/generations.ts';
import { describeHold } from './contract/hold.ts';
import { describeInterleavings } from './contract/interleavings.ts';
import { describeLimits } from './contract/limits.ts';
import type { LockContractSubject } from './contract/lock-contract-subject.ts';
import { describeOrder } from './contract/order.ts';
import { describeReEntry } from './contract/re-entry.ts';
import { describeRequirement } from './contract/requirement.ts';
import { describeScopes } from './contract/scopes.ts';
import { describeSeveralScopes } from './contract/several-scopes.ts';
import { describeSharing } from './contract/sharing.ts';
import { describeWho } from './contract/who.ts';

const parts = [
  describeExclusion,
  describeSharing,
  describeOrder,
  describeLimits,
  describeCancellation,
  describeInterleavings,
  describeReEntry,
  describeCircleOfWaits,
  describeSeveralScopes,
  describeHold,
  describeGenerations,
  describeRequirement,
  describeWho,
  describeContended,
  describeScopes,
  describeDirectory,
];

export function describeLockBackend(subject: LockContractSubject): void {
  describe(`${subject.backend} backend`, () => {
    const world = new ContractWorld(subject);
    for (const describePart of parts) describePart(world);
  });
}
