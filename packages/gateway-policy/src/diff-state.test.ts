import { describe, expect, test } from 'vitest';
import { countChanges, isEmpty, stepsOf } from './changes.ts';
import { fullState } from './contract-states.ts';
import { diffState } from './diff-state.ts';
import { driftOf } from './drift.ts';
import type { ActualState, PolicyState } from './policy-state.ts';

const intact = { kind: 'intact' } as const;

function actualOf(state: PolicyState, scaffolds: Partial<Pick<ActualState, 'nft' | 'tc'>> = {}): ActualState {
  return { ...state, nft: intact, tc: intact, ...scaffolds };
}

function reversed(state: PolicyState): PolicyState {
  return {
    restricted: new Set([...state.restricted].toReversed()),
    classOf: new Map([...state.classOf].toReversed()),
    classes: new Map([...state.classes].toReversed()),
  };
}

const nothing: PolicyState = { restricted: new Set(), classOf: new Map(), classes: new Map() };

describe('diffState', () => {
  test('of a state and itself is empty in any order', () => {
    const changes = diffState(reversed(fullState), actualOf(fullState));
    expect(isEmpty(changes)).toBe(true);
    expect(countChanges(changes)).toEqual({ nft: 0, tc: 0 });
    expect(driftOf(changes)).toEqual([]);
  });

  test('gives equal lists whatever the order of its inputs', () => {
    const { desired: _, ...one } = diffState(fullState, actualOf(nothing));
    const { desired: __, ...other } = diffState(reversed(fullState), actualOf(nothing));
    expect(one).toEqual(other);
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });

  test('names every difference once', () => {
    const desired: PolicyState = {
      restricted: new Set(['10.0.0.1']),
      classOf: new Map([['10.0.0.1', '3:2']]),
      classes: new Map([['3:2', '2Mbit']]),
    };
    const actual: PolicyState = {
      restricted: new Set(['10.0.0.2']),
      classOf: new Map([
        ['10.0.0.1', '3:1'],
        ['10.0.0.2', '3:2'],
      ]),
      classes: new Map([
        ['3:1', '1Mbit'],
        ['3:2', '1Mbit'],
      ]),
    };
    const changes = diffState(desired, actualOf(actual));
    expect(countChanges(changes)).toEqual({ nft: 4, tc: 2 });
    expect(driftOf(changes)).toEqual([
      { layer: 'nft', object: 'restricted 10.0.0.1', expected: 'restricted', actual: null },
      { layer: 'nft', object: 'restricted 10.0.0.2', expected: null, actual: 'restricted' },
      { layer: 'nft', object: 'class-of 10.0.0.1', expected: '3:2', actual: '3:1' },
      { layer: 'nft', object: 'class-of 10.0.0.2', expected: null, actual: '3:2' },
      { layer: 'tc', object: 'class 3:2', expected: '2Mbit', actual: '1Mbit' },
      { layer: 'tc', object: 'class 3:1', expected: null, actual: '1Mbit' },
    ]);
  });

  test('creates what is missing and rebuilds what is damaged', () => {
    const missing = { kind: 'missing' } as const;
    const damaged = { kind: 'damaged', because: ['a foreign rule'] } as const;
    const cold = diffState(nothing, actualOf(nothing, { nft: missing, tc: missing }));
    expect([cold.nftScaffold.kind, cold.tcScaffold.kind]).toEqual(['create', 'build']);
    const broken = diffState(fullState, actualOf(fullState, { nft: damaged, tc: damaged }));
    expect([broken.nftScaffold.kind, broken.tcScaffold.kind]).toEqual(['rebuild', 'rebuild']);
    expect(stepsOf(broken)).toEqual(['tc-add', 'nft']);
    expect(countChanges(broken)).toEqual({ nft: 1, tc: 1 });
    expect(driftOf(broken)).toMatchObject([{ actual: 'a foreign rule' }, { actual: 'a foreign rule' }]);
  });
});
