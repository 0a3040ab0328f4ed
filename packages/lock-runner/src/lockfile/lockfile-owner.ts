/**
 * Who made a claim, in a file beside it: the claim itself has to stay empty. The record names the claim by its inode and the
 * time that was made; a claim that does not fit was made by somebody else, whose process nobody knows.
 *
 * Written whole by a rename, 0600, over no link. Not flushed: after a crash of the host there is no process to tell about.
 */
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { livenessOf, ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { lockDirectoryError } from '../directory/lock-directory-error.ts';
import { readHead } from '../flock/read-head.ts';
import type { ClaimFacts } from './lockfile-claim.ts';

export interface ClaimOwner {
  /** 128 random bits: one hold. */
  readonly token: string;
  readonly host: string;
  readonly process: ProcessIdentity;
  readonly purpose?: string;
  /** Wall clock at the grant, milliseconds since the epoch. */
  readonly sinceWallMs: number;
  readonly claim: { readonly ino: string; readonly birthtimeNs: string };
}

/** Larger than any record: what does not fit is none. */
const longestRecordBytes = 4_096;
/** So much of a purpose fits into a record whatever its characters are. */
const longestPurpose = 400;
const writer = new AtomicWriter({ durability: 'none', mode: 0o600, symlink: 'refuse' });

export function ownerPath(lockPath: string): string {
  return lockPath.replace(/\.lock$/, '.owner');
}

/** @throws HoldfastError LOCK_DIRECTORY, LOCK_DIRECTORY_FULL, … - it cannot be written there */
export function writeOwner(
  path: string,
  hold: { readonly token: string; readonly purpose: string | undefined; readonly wallMs: number },
  claim: ClaimFacts,
): void {
  const { token, purpose, wallMs } = hold;
  const owner: ClaimOwner = {
    token,
    host: hostname(),
    process: ownIdentity(),
    ...(purpose === undefined ? {} : { purpose: purpose.slice(0, longestPurpose) }),
    sinceWallMs: Math.round(wallMs),
    claim: { ino: String(claim.ino), birthtimeNs: String(claim.birthtimeNs) },
  };
  try {
    writer.writeSync(path, `${JSON.stringify(owner)}\n`);
  } catch (cause) {
    throw lockDirectoryError(path, cause);
  }
}

/** Undefined when there is no readable record. */
export function readOwner(path: string): ClaimOwner | undefined {
  try {
    const value: unknown = JSON.parse(readHead(path, longestRecordBytes));
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined; // absent, torn or foreign content: no record
  }
}

/** Removes the record of the hold with this token, and no other. */
export function removeOwner(path: string, token: string): void {
  if (readOwner(path)?.token === token) rmSync(path, { force: true });
}

/** Whether the record is about this claim. Both are on one file system, so no device needs to be compared. */
export function isOwnerOf({ claim }: ClaimOwner, facts: ClaimFacts): boolean {
  return claim.ino === String(facts.ino) && claim.birthtimeNs === String(facts.birthtimeNs);
}

/**
 * What is known of the process behind a claim.
 *
 * @param owner - the record beside it
 */
export function ownerLiveness(
  owner: ClaimOwner | undefined,
  facts: ClaimFacts,
): 'alive' | 'dead' | 'unknown' {
  if (owner === undefined || !isOwnerOf(owner, facts)) return 'unknown';
  const liveness = livenessOf(owner.process);
  // Without a time of birth the claim may be another one on a number that was given away again: no proof.
  return liveness === 'dead' && facts.birthtimeNs === 0n ? 'unknown' : liveness;
}

function isOwner(value: unknown): value is ClaimOwner {
  if (typeof value !== 'object' || value === null) return false;
  const { token, host, process, purpose, sinceWallMs, claim } = value as Partial<ClaimOwner>;
  return (
    typeof token === 'string' &&
    /^[0-9a-f]{32}$/.test(token) &&
    typeof host === 'string' &&
    typeof sinceWallMs === 'number' &&
    (purpose === undefined || typeof purpose === 'string') &&
    isIdentity(process) &&
    typeof claim?.ino === 'string' &&
    typeof claim.birthtimeNs === 'string'
  );
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { boot, pidNamespace, pid, startTime } = value as Partial<ProcessIdentity>;
  const isPid = Number.isSafeInteger(pid) && (pid as number) > 0;
  return isPid && [boot, pidNamespace, startTime].every((part) => typeof part === 'string');
}
