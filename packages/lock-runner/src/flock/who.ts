/**
 * Who holds a lock file and who waits for it: the kernel's list joined with the holder's own record and /proc.
 *
 * A waiter that sits in the kernel queue does so through a helper (`lock-helper.ts`), and a lock that a helper won is
 * listed under the helper's pid: as long as it lives it leads to its owner, afterwards the record names the holder. When
 * that is gone too, a program that inherited the lock has outlived it, and is looked for among all descriptors. A dead
 * process is never named, nor is a helper.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf, type LockParty, type LockReport } from '@holdfast/base';
import { printable } from '../printable.ts';
import { type HolderRecord, readHolderRecord } from './holder-record.ts';
import { type KernelLocks, kernelLocks } from './kernel-locks.ts';
import { lockSharer } from './lock-sharer.ts';
import { seenHelper } from './seen-helper.ts';

/** Of a command line or a purpose. */
const longestText = 200;

/** @param nowMs - wall clock, for the age of the hold */
export function whoHolds(path: string, nowMs: number): LockReport {
  const locks = kernelLocks(path);
  const holder = locks.holders.length === 0 ? undefined : holderParty(locks, readHolderRecord(path), nowMs);
  return { ...(holder === undefined ? {} : { holder }), waiters: locks.waiters.flatMap(behind).map(party) };
}

function holderParty(
  { holders, fileId }: KernelLocks,
  record: HolderRecord | undefined,
  nowMs: number,
): LockParty | undefined {
  if (record !== undefined && isBelieved(record, holders)) return recordParty(record, nowMs);
  const isNoHelper = (pid: number) => seenHelper(pid) === undefined;
  const pid =
    holders.flatMap(behind).find(isRunning) ??
    (fileId === undefined ? undefined : lockSharer(fileId, isNoHelper));
  return pid === undefined ? undefined : party(pid);
}

/** Whom a pid of the kernel's list stands for: nobody, when it is the helper of a dead process. */
function behind(pid: number): readonly number[] {
  const helper = seenHelper(pid);
  if (helper === undefined) return [pid];
  return helper.owner === undefined ? [] : [helper.owner];
}

/** A record fits when its process lives and holds the lock, or may have been given it by a helper that is gone. */
function isBelieved({ pid, host }: HolderRecord, holders: readonly number[]): boolean {
  if (host !== hostname() || !isRunning(pid)) return false;
  return holders.flatMap(behind).includes(pid) || holders.some((holder) => !isRunning(holder));
}

function recordParty({ pid, host, sinceWallMs, ...record }: HolderRecord, nowMs: number): LockParty {
  const purpose =
    record.purpose === undefined ? commandOf(pid) : printable(record.purpose).slice(0, longestText);
  return {
    pid,
    host,
    ...(purpose === undefined ? {} : { purpose }),
    sinceMs: Math.max(0, nowMs - sinceWallMs),
  };
}

function party(pid: number): LockParty {
  const purpose = commandOf(pid);
  return { pid, host: hostname(), ...(purpose === undefined ? {} : { purpose }) };
}

export function commandOf(pid: number): string | undefined {
  const command = readProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim();
  return command === undefined || command === '' ? undefined : printable(command).slice(0, longestText);
}

/** A zombie has closed its descriptors: it is dead. */
function isRunning(pid: number): boolean {
  const state = /\) ([A-Za-z]) [^)]*$/.exec(readProc(pid, 'stat') ?? '')?.[1];
  return state === undefined ? isSignallable(pid) : !/[ZXx]/.test(state);
}

/** /proc may be mounted so that it hides the processes of others; the kernel still says whether they are there. */
function isSignallable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // gone, or not ours to look at
  }
}
