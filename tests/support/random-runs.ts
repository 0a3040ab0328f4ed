/** How many random cases a property is tried with: more in a soak, fewer on Bun, where each takes about ten times as long. */
import { isSoak } from './counts.ts';

/** @param runs - cases in `npm test` on Node */
export function randomRuns(runs: number): number {
  if (isSoak) return runs * 20;
  return process.versions.bun === undefined ? runs : Math.ceil(runs / 5);
}
