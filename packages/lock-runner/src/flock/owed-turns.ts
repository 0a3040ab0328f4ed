/**
 * Turns that a background holder owes: it has seen that others wait, and gives the lock up for them. If it asks again at
 * once it would be back before any of them has woken, and when they are awake they are no waiters any more.
 */
import type { Preferred } from './giving-way.ts';

const turns = new Map<string, Preferred>();

export function oweTurn(path: string, waiters: Preferred): void {
  turns.set(path, waiters);
}

/** Whose turn is owed on this path, once; undefined when nobody's is. */
export function takeOwedTurn(path: string): Preferred | undefined {
  const owed = turns.get(path);
  turns.delete(path);
  return owed;
}
