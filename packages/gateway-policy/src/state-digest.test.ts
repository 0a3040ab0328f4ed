import { describe, expect, test } from 'vitest';
import { fullState } from './dataplane-contract.ts';
import { digestOf } from './state-digest.ts';

describe('digestOf', () => {
  test('is 64 hexadecimal digits and does not depend on order', () => {
    const other = {
      restricted: new Set([...fullState.restricted].toReversed()),
      classOf: new Map([...fullState.classOf].toReversed()),
      classes: new Map([...fullState.classes].toReversed()),
    };
    expect(digestOf(fullState)).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(other)).toBe(digestOf(fullState));
  });

  test('changes with every part of the state', () => {
    const digests = [
      fullState,
      { ...fullState, restricted: new Set<string>() },
      { ...fullState, classOf: new Map([['10.0.0.1', '3:2']]) },
      { ...fullState, classes: new Map([...fullState.classes, ['3:1', '6Mbit'] as const]) },
    ].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
