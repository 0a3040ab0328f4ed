/**
 * Exclusion inside this process by key: async-mutex semaphores, made when a second one comes and freed when idle. One
 * table per process even when several copies of this module are loaded: two tables would be two locks.
 *
 * A shared hold weighs 1, an exclusive one everything. The semaphore decides who may be inside; the line in front of it
 * is ours, because async-mutex cannot withdraw a single waiter: one that has given up would go on blocking those behind
 * it and count as a waiter. First come first served within a priority, so writers wait for readers and later readers
 * wait behind a writer that came first.
 *
 * It only ever counts: whoever enters has room, so its promises, which settle at once, are not waited for.
 */
import type { LockMode } from '@holdfast/base';
import { Semaphore } from 'async-mutex';

/** Most shared holders at once; one more waits. async-mutex walks this many slots on each release, so it is kept small. */
const capacity = 256;
/** How many of higher priority may pass one waiter before it has its turn, in this process and in others together. */
export const mostOvertakes = 10;

/** One task that is inside or waits, as it describes itself. */
export interface QueueMember {
  readonly mode: LockMode;
  readonly priority: 'interactive' | 'background';
  readonly purpose: string | undefined;
  /** Monotonic milliseconds at which it came. */
  readonly sinceMs: number;
  /** How many of higher priority have passed it so far; counted wherever it is made to wait longer. */
  overtakenBy: number;
}

interface Waiter {
  readonly member: QueueMember;
  readonly admit: (leave: Leave) => void;
}

/** Never without anybody inside: who leaves it last takes it out of the table. */
interface Entry {
  readonly key: string;
  readonly inside: Set<QueueMember>;
  readonly line: Waiter[];
  /** Absent while there has been no more than one: an entry without a semaphore is full. */
  room: Semaphore | undefined;
}

const tableKey = Symbol.for('holdfast.lock-runner.process-queue');
const shared = globalThis as { [tableKey]?: Map<string, Entry> };
shared[tableKey] ??= new Map<string, Entry>();
const table = shared[tableKey];

/** Gives the place back; a second call does nothing. */
export type Leave = () => void;

/** Enters at once when there is room and nobody waits; undefined otherwise. */
export function tryEnter(key: string, member: QueueMember): Leave | undefined {
  const entry = table.get(key);
  if (entry === undefined) return enterFirst(key, member);
  return entry.line.length === 0 && hasRoom(entry, member) ? goInside(entry, member) : undefined;
}

/**
 * Waits its turn.
 *
 * @throws the signal's reason when it aborts first; then nothing of the waiter is left in the line
 */
export async function enter(key: string, member: QueueMember, signal: AbortSignal): Promise<Leave> {
  signal.throwIfAborted();
  const entry = table.get(key);
  if (entry === undefined) return enterFirst(key, member);
  const turn = Promise.withResolvers<Leave>();
  const waiter: Waiter = { member, admit: turn.resolve };
  const withdraw = () => {
    const place = entry.line.indexOf(waiter);
    if (place === -1) return; // admitted already: whoever aborted finds the grant and gives it back
    entry.line.splice(place, 1);
    turn.reject(signal.reason);
    admitNext(entry);
  };
  signal.addEventListener('abort', withdraw, { once: true });
  lineUp(entry.line, waiter);
  admitNext(entry);
  try {
    return await turn.promise;
  } finally {
    signal.removeEventListener('abort', withdraw);
  }
}

/** Who is inside and who waits for `key` in this process, in order. */
export function queueOf(key: string): { inside: readonly QueueMember[]; waiting: readonly QueueMember[] } {
  const entry = table.get(key);
  if (entry === undefined) return { inside: [], waiting: [] };
  return { inside: [...entry.inside], waiting: entry.line.map(({ member }) => member) };
}

/** Whether somebody of at least this priority waits for `key` in this process. */
export function isContended(key: string, priority: QueueMember['priority']): boolean {
  return table.get(key)?.line.some(({ member }) => rank(member) >= rank({ priority })) ?? false;
}

/** Keys that somebody uses now: a leak guard of tests. */
export function queuedKeys(): readonly string[] {
  return [...table.keys()];
}

function enterFirst(key: string, member: QueueMember): Leave {
  const entry: Entry = { key, inside: new Set([member]), line: [], room: undefined };
  table.set(key, entry);
  return leaveOf(entry, member);
}

function lineUp(line: Waiter[], waiter: Waiter): void {
  let place = line.length;
  for (let ahead = line[place - 1]; ahead !== undefined && mayPass(waiter, ahead); ahead = line[place - 1]) {
    ahead.member.overtakenBy += 1;
    place -= 1;
  }
  line.splice(place, 0, waiter);
}

function mayPass(waiter: Waiter, ahead: Waiter): boolean {
  return rank(waiter.member) > rank(ahead.member) && ahead.member.overtakenBy < mostOvertakes;
}

function admitNext(entry: Entry): void {
  for (let next = entry.line[0]; next !== undefined && hasRoom(entry, next.member); next = entry.line[0]) {
    entry.line.shift();
    next.admit(goInside(entry, next.member));
  }
}

function goInside(entry: Entry, member: QueueMember): Leave {
  entry.inside.add(member);
  void roomOf(entry).acquire(weightOf(member));
  return leaveOf(entry, member);
}

function leaveOf(entry: Entry, member: QueueMember): Leave {
  return () => {
    if (!entry.inside.delete(member)) return;
    entry.room?.release(weightOf(member));
    admitNext(entry);
    if (entry.inside.size === 0) table.delete(entry.key);
  };
}

function hasRoom(entry: Entry, member: QueueMember): boolean {
  return roomOf(entry).getValue() >= weightOf(member);
}

/** Made for the second who comes; it counts the first. */
function roomOf(entry: Entry): Semaphore {
  if (entry.room !== undefined) return entry.room;
  entry.room = new Semaphore(capacity);
  for (const member of entry.inside) void entry.room.acquire(weightOf(member));
  return entry.room;
}

function weightOf({ mode }: QueueMember): number {
  return mode === 'exclusive' ? capacity : 1;
}

function rank({ priority }: Pick<QueueMember, 'priority'>): number {
  return priority === 'interactive' ? 1 : 0;
}
