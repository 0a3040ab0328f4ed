/** Which promise satisfies which demand. */
import { describe, expect, it } from 'vitest';
import { type LockGuarantee, unmetGuarantees } from './lock-guarantee.ts';

const weakest: LockGuarantee = {
  scope: 'process',
  crashRelease: 'lease',
  canBeLost: true,
  fenced: false,
  fair: false,
};
const strongest: LockGuarantee = {
  scope: 'network',
  crashRelease: 'immediate',
  canBeLost: false,
  fenced: true,
  fair: true,
};

describe('unmetGuarantees', () => {
  it('lists every field that is too weak', () => {
    expect(unmetGuarantees(weakest, strongest)).toEqual([
      'scope',
      'crashRelease',
      'canBeLost',
      'fenced',
      'fair',
    ]);
  });

  it.each([weakest, strongest])('lists nothing when each field is as good or better', (actual) => {
    expect(unmetGuarantees(actual, actual)).toEqual([]);
    expect(unmetGuarantees(strongest, actual)).toEqual([]);
    expect(unmetGuarantees(actual, {})).toEqual([]);
  });

  it.each([
    ['host', 'process', true],
    ['host', 'host', true],
    ['host', 'network', false],
    ['process', 'host', false],
  ] as const)('a lock of %s reach serves a demand for %s: %s', (scope, demand, isServed) => {
    expect(unmetGuarantees({ ...strongest, scope }, { scope: demand })).toEqual(isServed ? [] : ['scope']);
  });

  it.each([
    ['immediate', 'lease', true],
    ['proof-of-death', 'lease', true],
    ['proof-of-death', 'immediate', false],
    ['lease', 'proof-of-death', false],
  ] as const)('release %s serves a demand for %s: %s', (crashRelease, demand, isServed) => {
    const unmet = unmetGuarantees({ ...strongest, crashRelease }, { crashRelease: demand });
    expect(unmet).toEqual(isServed ? [] : ['crashRelease']);
  });

  it.each([
    ['a word that is on no list', { scope: 'netwrok' }, 'scope'],
    ['a promise that nobody knows', { fare: true }, 'fare'],
    ['what is neither true nor false', { fair: 'yes' }, 'fair'],
  ])('lists %s', (_what, demand, field) => {
    expect(unmetGuarantees(strongest, demand as Partial<LockGuarantee>)).toEqual([field]);
  });
});
