import { describe, expect, test } from 'vitest';
import { diffState } from './diff-state.ts';
import type { ActualState, PolicyState } from './policy-state.ts';
import { assertRemovalsExplained, type RemovalGuardOptions } from './removal-guard.ts';

const intact = { kind: 'intact' } as const;

function stateOf(restricted: number, shaped: number): PolicyState {
  const count = (length: number) => Array.from({ length }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  return {
    restricted: new Set(count(restricted)),
    classOf: new Map(count(shaped).map((address, n) => [address, `1:${(n + 1).toString(16)}`])),
    classes: new Map(count(shaped).map((_, n) => [`1:${(n + 1).toString(16)}`, '1Mbit'])),
  };
}

function guard(desired: PolicyState, before: PolicyState, options?: RemovalGuardOptions): void {
  const actual: ActualState = { ...before, nft: intact, tc: intact };
  assertRemovalsExplained(diffState(desired, actual), actual, options);
}

describe('assertRemovalsExplained', () => {
  test('refuses an empty truth and says how much would go', () => {
    expect(() => guard(stateOf(0, 0), stateOf(0, 100))).toThrow(
      expect.objectContaining({
        code: 'REMOVAL_REFUSED',
        details: expect.objectContaining({
          removals: [
            { kind: 'class-of', removed: 100, of: 100 },
            { kind: 'class', removed: 100, of: 100 },
          ],
        }),
      }),
    );
  });

  test('refuses the loss of all restrictions among many classes', () => {
    expect(() => guard(stateOf(0, 1_000), stateOf(40, 1_000))).toThrow(
      expect.objectContaining({ code: 'REMOVAL_REFUSED' }),
    );
  });

  test('lets twenty objects go whatever their share', () => {
    guard(stateOf(0, 0), stateOf(20, 20));
  });

  test('lets thirty per cent go whatever their count', () => {
    guard(stateOf(0, 700), stateOf(0, 1_000));
    expect(() => guard(stateOf(0, 699), stateOf(0, 1_000))).toThrow();
  });

  test('lets go what the connections explain that triggers name, and judges the rest', () => {
    guard(stateOf(0, 0), stateOf(0, 100), { explained: 25 });
    guard(stateOf(0, 0), stateOf(0, 100), { explained: 20 });
    expect(() => guard(stateOf(0, 0), stateOf(0, 100), { explained: 10 })).toThrow();
  });

  test('lets everything go when forced', () => {
    guard(stateOf(0, 0), stateOf(100, 100), { force: true });
  });

  test('obeys other limits', () => {
    expect(() => guard(stateOf(0, 8), stateOf(0, 10), { maxRatio: 0.1, minCount: 1 })).toThrow();
    guard(stateOf(0, 0), stateOf(0, 1_000), { maxRatio: 1 });
  });
});
