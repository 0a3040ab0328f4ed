/** A fingerprint of a policy state: equal states, in whatever order they were built, have equal digests. */
import { createHash } from 'node:crypto';
import type { PolicyState } from './policy-state.ts';

/** SHA-256 in hexadecimal over the sorted lines of the state. Scaffolds are not part of it. */
export function digestOf(state: PolicyState): string {
  return createHash('sha256').update(canonicalText(state)).digest('hex');
}

/** One line per fact, sorted; every token is free of blanks, so no two states share a text. */
export function canonicalText(state: PolicyState): string {
  const lines = [
    ...Array.from(state.restricted, (address) => `restricted ${address}\n`),
    ...Array.from(state.classOf, ([address, classId]) => `class-of ${address} ${classId}\n`),
    ...Array.from(state.classes, ([classId, rate]) => `class ${classId} ${rate}\n`),
  ];
  return lines.sort().join('');
}
