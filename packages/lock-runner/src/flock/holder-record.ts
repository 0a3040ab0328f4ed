/**
 * What a holder says about itself: the first line of the lock file. It is talk, not proof: the kernel's lock decides, and
 * `who.ts` believes a record only when it fits what the kernel reports.
 *
 * Only the first line counts, so a record is replaced and taken back by one small write in place: truncating the file
 * instead costs ten times as much, in every hold with a purpose. What is left of a longer record behind it is never read.
 */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { readHead } from './read-head.ts';

export interface HolderRecord {
  readonly pid: number;
  readonly host: string;
  readonly purpose?: string;
  /** Wall clock at the grant, milliseconds since the epoch. */
  readonly sinceWallMs: number;
}

/** Largest record that is read; whatever else a lock file of that size holds is none. */
const longestRecordBytes = 4_096;
/** So much of a purpose fits into a record whatever its characters are; `who` shows less. */
const longestPurpose = 400;

/** Read at the first record: it costs a system call and does not change. */
let host: string | undefined;

/**
 * Written only while the lock is held; the last of several shared holders is the one that is known. Not flushed: after a
 * crash there is no holder to tell about.
 */
export function writeHolderRecord(fd: number, purpose: string, nowMs: number): void {
  host ??= hostname();
  const record: HolderRecord = {
    pid: process.pid,
    host,
    purpose: purpose.slice(0, longestPurpose),
    sinceWallMs: Math.round(nowMs),
  };
  writeFirstLine(fd, JSON.stringify(record));
}

/** Before the lock is given back: a record that stays would describe the next holder of the same process. */
export function clearHolderRecord(fd: number): void {
  writeFirstLine(fd, '');
}

/** Undefined when there is no readable record. */
export function readHolderRecord(path: string): HolderRecord | undefined {
  try {
    const [firstLine = ''] = readHead(path, longestRecordBytes).split('\n', 1);
    const value: unknown = JSON.parse(firstLine);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // absent, torn or foreign content: no record
  }
}

function writeFirstLine(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`, 0);
  } catch {
    // The record is talk: a full or failing disk must cost nobody the lock, nor keep it from being given back.
  }
}

function isRecord(value: unknown): value is HolderRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, sinceWallMs, purpose } = value as Partial<HolderRecord>;
  const typed = isPid(pid) && typeof host === 'string' && typeof sinceWallMs === 'number';
  return typed && (purpose === undefined || typeof purpose === 'string');
}

function isPid(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
