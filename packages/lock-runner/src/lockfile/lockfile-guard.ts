/**
 * What keeps the steps of several processes on one claim apart: to claim, to break, to renew, to give back and to publish.
 *
 * On one host a short flock on the file that also guards a publish: the kernel frees it when its holder dies, so there is no
 * race between processes that take it. On a network file system flock must not be touched. There nothing is around a step
 * but the atomicity of mkdir and rename, and whoever breaks a claim claims the breaking first, by a directory of its own.
 */
import { randomBytes } from 'node:crypto';
import { errnoOf } from '@holdfast/base';
import { type FenceGuard, guarded, publishPath } from '../directory/fence-file.ts';
import { closeLockFile, tryLockFile } from '../flock/lock-file.ts';
import { claimPath, OwnClaim, readClaim, removeClaim } from './lockfile-claim.ts';
import type { ClaimJudge } from './lockfile-judge.ts';

/** Somebody else is at it: to be tried again soon. */
export const occupied: unique symbol = Symbol('occupied');

export interface ClaimGuard {
  /** Whether nobody else can be at a step while one of ours is: then what the step sees is the truth. */
  readonly isExclusive: boolean;
  /** Runs one synchronous step on the claim of a lock file. */
  around<Result>(lockPath: string, step: () => Result): Result | typeof occupied;
  /** The same for the breaking of somebody's claim, inside a step. */
  aroundBreak<Result>(lockPath: string, step: () => Result): Result | typeof occupied;
  /** Around the allotting of a generation and around a publish. */
  readonly fence: FenceGuard;
}

export const hostGuard: ClaimGuard = {
  isExclusive: true,
  around: (lockPath, step) => {
    const file = tryLockFile(publishPath(lockPath), 'exclusive');
    if (file === undefined) return occupied;
    try {
      return step();
    } finally {
      closeLockFile(file);
    }
  },
  aroundBreak: (_lockPath, step) => step(),
  fence: guarded,
};

/** @param judge - of claims to break that their makers have left behind */
export function networkGuard(judge: ClaimJudge): ClaimGuard {
  return {
    isExclusive: false,
    around: (_lockPath, step) => step(),
    aroundBreak: (lockPath, step) => {
      const path = `${claimPath(lockPath)}.break`;
      const claim = claimBreak(path, judge);
      if (claim === undefined) return occupied;
      try {
        return step();
      } finally {
        removeClaim(path, claim.facts, asideOf(path));
        claim.close();
      }
    },
    fence: (_lockPath, step) => step(),
  };
}

/** A name beside `path` that nobody looks for. */
export function asideOf(path: string, token = randomBytes(16).toString('hex')): string {
  return `${path}.${token}`;
}

function claimBreak(path: string, judge: ClaimJudge): OwnClaim | undefined {
  try {
    return new OwnClaim(path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const found = readClaim(path);
  if (found !== undefined && judge.isAbandoned(path, found)) removeClaim(path, found, asideOf(path));
  return undefined;
}
