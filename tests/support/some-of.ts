/** Of cases that differ in a value only: all of them in a soak, else some. */
import { isSoak } from './counts.ts';

/** The first ones. */
export function someOf<Case>(cases: readonly Case[], most: number): readonly Case[] {
  return isSoak ? cases : cases.slice(0, most);
}

/** The first, the last, and some between them, as far from each other. */
export function spreadOver<Case>(cases: readonly Case[], most: number): readonly Case[] {
  if (isSoak || cases.length <= most) return cases;
  const gap = (cases.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => cases.slice(Math.round(place * gap))[0] as Case);
}
