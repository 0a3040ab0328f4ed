/** The sentences of a wait. Names of scopes and purposes are foreign and may be long: they are cut. */
import { formatDuration, type LockObserver, type LockWait, partyName } from '@holdfast/base';
import { cutToWidth } from './terminal-text.ts';

type LostEvent = Parameters<NonNullable<LockObserver['lost']>>[0];
type FallbackEvent = Parameters<NonNullable<LockObserver['fallback']>>[0];
type GaveUpEvent = Parameters<NonNullable<LockObserver['gaveUp']>>[0];

/** The knob that decided the limit, and the flag that changes it for one call. */
export interface LimitNames {
  /** `--lock-timeout`, `HOLDFAST_LOCK_TIMEOUT`, `lockTimeout in /etc/…` */
  readonly limitName: string;
  readonly flag: string;
}

const longestScope = 80;
const longestPurpose = 60;

export function waitingLine(wait: LockWait, { limitName, flag }: LimitNames): string {
  const decided = limitName === flag ? '' : ` (${limitName})`;
  const limit = `limit ${formatDuration(wait.waitMs)}${decided}`;
  return `waiting for ${named(wait.scope)}${heldBy(wait)}; ${limit}; Ctrl-C cancels, ${flag} changes the limit`;
}

/** What the live line may say, the fullest first: on a narrow terminal time is worth more than names. */
export function elapsedLines(wait: LockWait, elapsedMs: number, facts: { others: number; flag: string }) {
  const { others, flag } = facts;
  const times = elapsed(elapsedMs, wait.waitMs);
  const more = others === 0 ? '' : ` (and ${others} more)`;
  const what = `waiting for ${named(wait.scope)}${more}: ${times}`;
  return [
    `still ${what}; Ctrl-C cancels, ${flag} changes the limit`,
    `still ${what}; Ctrl-C cancels`,
    what,
    times,
    shortElapsed(elapsedMs, wait.waitMs),
  ];
}

export function acquiredLine(scope: string, waitedMs: number): string {
  return `lock on ${named(scope)} acquired after ${lengthOf(waitedMs)}`;
}

export function gaveUpLine({ scope, outcome, waitedMs }: GaveUpEvent, { flag }: LimitNames): string {
  const after = `${named(scope)} after ${lengthOf(waitedMs)}`;
  return outcome === 'timeout'
    ? `gave up waiting for ${after}; ${flag} changes the limit`
    : `cancelled the wait for ${after}`;
}

export function lostLine({ scope, heldMs, reason }: LostEvent): string {
  const why = reason instanceof Error ? `: ${reason.message}` : '';
  return `lost the lock on ${named(scope)} after ${lengthOf(heldMs)}${why}`;
}

export function fallbackLine({ directory, backend, reason }: FallbackEvent): string {
  return `locks in ${directory} use the ${backend} backend: ${reason}`;
}

/** `850 ms`, `12.5 s`, `2 min 05 s`, `3 h 20 min` */
export function lengthOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const [big, small, factor] = ms < 3_600_000 ? ['min', 's', 1_000] : ['h', 'min', 60_000];
  const count = Math.floor(ms / factor);
  return `${Math.floor(count / 60)} ${big} ${String(count % 60).padStart(2, '0')} ${small}`;
}

function named(scope: string): string {
  return cutToWidth(scope, longestScope);
}

function heldBy({ holder }: LockWait): string {
  if (holder === undefined) return '';
  const since = holder.sinceMs === undefined ? '' : ` for ${lengthOf(holder.sinceMs)}`;
  const { pid, purpose } = holder;
  const short = purpose === undefined ? { pid } : { pid, purpose: cutToWidth(purpose, longestPurpose) };
  return `, held by ${partyName(short)}${since}`;
}

function elapsed(elapsedMs: number, waitMs: number): string {
  if (waitMs === Number.POSITIVE_INFINITY) return `${lengthOf(elapsedMs)} elapsed, no limit`;
  return `${lengthOf(elapsedMs)} elapsed, ${lengthOf(Math.max(0, waitMs - elapsedMs))} left`;
}

function shortElapsed(elapsedMs: number, waitMs: number): string {
  const wholeSeconds = (ms: number) => `${Math.floor(Math.max(0, ms) / 1_000)}`;
  if (waitMs === Number.POSITIVE_INFINITY) return `${wholeSeconds(elapsedMs)} s`;
  return `${wholeSeconds(elapsedMs)} of ${wholeSeconds(waitMs)} s`;
}
