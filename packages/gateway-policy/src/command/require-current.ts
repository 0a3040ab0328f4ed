import type { Held } from '@holdfast/base';

/** Refuses when the lock file was removed or replaced: somebody else may have locked the new one. */
export function requireCurrent(held: Held): void {
  held.publish(() => undefined);
}
