/** Of cases that differ in a value only: all of them in a soak, else the first ones. */
import { isSoak } from './counts.ts';

export function someOf<Case>(cases: readonly Case[], most: number): readonly Case[] {
  return isSoak ? cases : cases.slice(0, most);
}
