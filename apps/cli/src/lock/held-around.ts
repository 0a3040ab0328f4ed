/**
 * Which locks the runs around this process hold: a `lock run` inside another one of the same lock would wait for itself.
 *
 * Handed down in a variable, and believed only when it is still true: the run lives and is an ancestor of ours. What has been
 * detached from it waits as anybody does, for it may be outlived.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HoldfastError, type LockMode } from '@holdfast/base';
import { livenessOf, ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import type { Environment } from '@holdfast/host/config';

export const heldVariable = 'HOLDFAST_LOCK_HELD';

export interface HeldLock {
  /** Lock file. */
  readonly path: string;
  readonly mode: LockMode;
}

interface HeldAround extends HeldLock {
  readonly process: ProcessIdentity;
}

/**
 * Readers inside readers are let in.
 *
 * @throws HoldfastError LOCK_REENTRANT
 */
export function refuseHeldAround(environment: Environment, scope: string, wanted: HeldLock): void {
  const path = realPath(wanted.path);
  const around = heldAround(environment).find(
    (held) => held.path === path && (held.mode === 'exclusive' || wanted.mode === 'exclusive'),
  );
  if (around === undefined || livenessOf(around.process) !== 'alive' || !isAncestor(around.process.pid))
    return;
  const { pid } = around.process;
  throw new HoldfastError(
    'LOCK_REENTRANT',
    `${scope} is held already by the holdfast lock run around this one, pid ${pid}: leave the inner one away`,
    { details: { scope, pid } },
  );
}

/** @returns what `heldVariable` says inside this run */
export function heldInside(environment: Environment, lock: HeldLock): string {
  const own: HeldAround = { path: realPath(lock.path), mode: lock.mode, process: ownIdentity() };
  return JSON.stringify([...heldAround(environment), own]);
}

function heldAround(environment: Environment): readonly HeldAround[] {
  try {
    const value: unknown = JSON.parse(environment[heldVariable] ?? '[]');
    return Array.isArray(value) ? value.filter(isHeldAround) : [];
  } catch {
    return []; // not ours
  }
}

function isHeldAround(value: unknown): value is HeldAround {
  if (typeof value !== 'object' || value === null) return false;
  const { path, mode, process } = value as Partial<HeldAround>;
  return (
    typeof path === 'string' &&
    (mode === 'exclusive' || mode === 'shared') &&
    typeof process === 'object' &&
    Number.isSafeInteger(process.pid)
  );
}

function isAncestor(pid: number): boolean {
  for (let above = process.ppid; above > 0; above = parentOf(above)) if (above === pid) return true;
  return false;
}

/** 0 above the first process, and where it cannot be told. */
function parentOf(pid: number): number {
  try {
    // proc_pid_stat(5): behind the name, which may contain anything, state and ppid
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  } catch {
    return 0;
  }
}

/** However the directory was spelled. */
function realPath(path: string): string {
  const directory = dirname(path);
  try {
    return join(realpathSync(directory), path.slice(directory.length + 1));
  } catch {
    return path; // there is no such directory yet, so nobody holds anything in it
  }
}
