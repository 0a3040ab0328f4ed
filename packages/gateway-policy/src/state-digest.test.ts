import { describe, expect, test } from 'vitest';
import { fullState } from './contract-states.ts';
import type { PolicyState } from './policy-state.ts';
import { digestOf, replaceDigest } from './state-digest.ts';

const empty: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

describe('digestOf', () => {
  test('is 32 hexadecimal digits and does not depend on order', () => {
    const other = {
      restricted: new Set([...fullState.restricted].toReversed()),
      classOf: new Map([...fullState.classOf].toReversed()),
      classes: new Map([...fullState.classes].toReversed()),
    };
    expect(digestOf(fullState)).toMatch(/^[0-9a-f]{32}$/);
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

  test('is another one for each of 100 000 neighbouring facts, in every half of it', () => {
    const addresses = Array.from({ length: 100_000 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    const digests = addresses.map((address) => digestOf({ ...empty, restricted: new Set([address]) }));
    for (const half of [digests.map((text) => text.slice(0, 16)), digests.map((text) => text.slice(16))]) {
      expect(new Set(half).size).toBe(addresses.length);
    }
  });
});

describe('replaceDigest', () => {
  test('is the digest of the state in which a part was replaced', () => {
    const state = (address: string, rate: string): PolicyState => ({
      restricted: new Set([address]),
      classOf: new Map([[address, '3:1']]),
      classes: new Map([['3:1', rate]]),
    });
    const joined = (...states: readonly PolicyState[]): PolicyState => ({
      restricted: new Set(states.flatMap(({ restricted }) => [...restricted])),
      classOf: new Map(states.flatMap(({ classOf }) => [...classOf])),
      classes: new Map(states.flatMap(({ classes }) => [...classes])),
    });
    const rest: PolicyState = { ...empty, restricted: new Set(['10.0.0.9', '2001:db8::9']) };
    const [before, after] = [state('10.0.0.1', '5Mbit'), state('10.0.0.2', '6Mbit')];
    const replaced = replaceDigest(digestOf(joined(rest, before)), digestOf(before), digestOf(after));
    expect(replaced).toBe(digestOf(joined(rest, after)));
    expect(replaceDigest(replaced, digestOf(after), digestOf(empty))).toBe(digestOf(rest));
  });
});
