import { expect, it } from 'vitest';
import { restrictedEffective } from './restricted-effective.ts';

it.each([
  ['QUOTA', true],
  ['EXPIRY', true],
  ['MANUAL', true],
  ['UNCLAIMED_OVERDUE', true],
  [null, false],
] as const)('a connection with the reason %s is restricted: %s', (reason, isRestricted) => {
  expect(restrictedEffective(reason)).toBe(isRestricted);
});
