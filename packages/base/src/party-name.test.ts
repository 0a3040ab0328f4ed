/** How a holder is named. */
import { expect, it } from 'vitest';
import { partyName } from './party-name.ts';

it.each([
  [{ pid: 7, purpose: 'copy' }, 'pid 7 (copy)'],
  [{ pid: 7 }, 'pid 7 (unknown purpose)'],
  [{ pid: 0, purpose: 'connection 12' }, 'connection 12'],
  [{ pid: 0 }, 'an unknown process'],
] as const)('%j is named %s', (party, name) => {
  expect(partyName(party)).toBe(name);
});
