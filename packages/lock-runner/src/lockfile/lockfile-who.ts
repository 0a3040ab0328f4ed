/** Who has the claim of a lock, as its record says, and who waits for it in this process. */
import { hostname } from 'node:os';
import type { Clock, LockParty, LockReport } from '@holdfast/base';
import { livenessOf, ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { commandOf } from '../flock/who.ts';
import { lockReport } from '../lock-report.ts';
import { queuedParty } from '../process/process-backend.ts';
import { queueOf } from '../process/process-queue.ts';
import { type ClaimFacts, claimPath, readClaim } from './lockfile-claim.ts';
import { type ClaimOwner, isOwnerOf, ownerLiveness, ownerPath, readOwner } from './lockfile-owner.ts';

export function whoClaims(path: string, clock: Clock): LockReport {
  const claim = readClaim(claimPath(path));
  const record = readOwner(ownerPath(path));
  const owner = claim !== undefined && record !== undefined && isOwnerOf(record, claim) ? record : undefined;
  const { inside, waiting } = queueOf(path);
  // Whoever is inside our own queue and does not have the claim waits for it.
  const isOurs = owner !== undefined && isSameProcess(owner.process, ownIdentity());
  const waiters = (isOurs ? waiting : [...inside, ...waiting]).map((member) => queuedParty(member, clock));
  const holder = claim && holderParty(owner, claim, clock.wallMs());
  return lockReport(holder, waiters);
}

/** A dead process is never named. */
function holderParty(owner: ClaimOwner | undefined, claim: ClaimFacts, nowMs: number): LockParty | undefined {
  if (owner === undefined) return strangerParty(claim, nowMs);
  if (ownerLiveness(owner, claim) === 'dead') return undefined;
  const { pid } = owner.process;
  const isSeen = livenessOf(owner.process) === 'alive';
  const purpose = owner.purpose ?? (isSeen ? commandOf(pid) : undefined);
  return {
    pid,
    host: owner.host,
    ...(purpose === undefined ? {} : { purpose }),
    sinceMs: Math.max(0, nowMs - owner.sinceWallMs),
  };
}

function strangerParty({ birthtimeNs }: ClaimFacts, nowMs: number): LockParty {
  const sinceMs = nowMs - Number(birthtimeNs / 1_000_000n);
  return {
    pid: 0,
    host: hostname(),
    purpose: 'proper-lockfile, unknown process',
    ...(birthtimeNs === 0n ? {} : { sinceMs: Math.max(0, sinceMs) }),
  };
}

function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.boot === other.boot &&
    one.pidNamespace === other.pidNamespace &&
    one.pid === other.pid &&
    one.startTime === other.startTime
  );
}
