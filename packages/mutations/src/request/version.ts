/**
 * The version that a mutation is based on: a whole number that the server gives out. A time (`updated_at`) is refused. Two
 * writes of one millisecond share it, a clock that is set back repeats it, databases round it, and what no person has edited
 * moves it: it both misses conflicts and invents them.
 */

export function isVersion(version: unknown): version is number {
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 1;
}
