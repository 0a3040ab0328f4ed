import { describe, expect, it } from 'vitest';
import { type Access, accessOf, restrictedEffective } from './restricted-effective.ts';

const reasons = ['QUOTA', 'EXPIRY', 'MANUAL', 'UNCLAIMED_OVERDUE'] as const;

describe('access', () => {
  it.each([
    ['PREPROVISIONED', null, 'open', 'restricted'],
    ['CLAIMED', 'active', 'open', 'restricted'],
    ['CLAIMED', 'suspended', 'refused', 'refused'],
    ['CLAIMED', 'deleted', 'refused', 'refused'],
    ['DISABLED', null, 'refused', 'refused'],
    ['DISABLED', 'active', 'refused', 'refused'],
    ['DISABLED', 'suspended', 'refused', 'refused'],
    ['DISABLED', 'deleted', 'refused', 'refused'],
  ] as const)(
    'of a %s connection of a customer who is %s is %s, and with a reason %s',
    (status, customerStatus, free, reasoned) => {
      const access = (restrictedReason: (typeof reasons)[number] | null): Access =>
        accessOf({ status, customerStatus, restrictedReason });
      expect(access(null)).toBe(free);
      expect(reasons.map(access)).toEqual(reasons.map(() => reasoned));
    },
  );

  it('is restricted in effect unless it is open', () => {
    const customerStatus = 'active';
    const effective = (status: 'CLAIMED' | 'DISABLED', restrictedReason: 'QUOTA' | null) =>
      restrictedEffective({ status, restrictedReason, customerStatus });
    expect([effective('CLAIMED', null), effective('CLAIMED', 'QUOTA'), effective('DISABLED', null)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
