/** The table of decisions, row by row, and what must hold of all rows. */
import { describe, expect, it } from 'vitest';
import { type Decision, decisionTable } from './decision-table.ts';
import { retryDelayMs } from './retry-delay.ts';

type Row = readonly [
  keyof typeof decisionTable,
  Decision['patch'],
  Decision['draft'],
  Decision['id'],
  Decision['next'],
];

const rows: readonly Row[] = [
  ['applied', 'settle', 'delete', 'none', 'continue'],
  ['unchanged', 'settle', 'delete', 'none', 'continue'],
  ['replayed', 'settle', 'delete', 'none', 'continue'],
  ['version-conflict', 'keep', 'keep-as-conflict', 'new', 'merge'],
  ['deleted-conflict', 'keep', 'keep-as-conflict', 'new', 'merge'],
  ['not-found', 'keep', 'keep-as-conflict', 'new', 'merge'],
  ['state-conflict', 'roll-back', 'keep', 'new', 'correct'],
  ['invalid', 'roll-back', 'keep', 'new', 'correct'],
  ['forbidden', 'roll-back', 'keep', 'new', 'correct'],
  ['mutation-id-reused', 'roll-back', 'keep', 'new', 'correct'],
  ['mutation-id-missing', 'roll-back', 'keep', 'new', 'correct'],
  ['precondition-required', 'roll-back', 'keep', 'new', 'correct'],
  ['mutation-in-flight', 'keep', 'keep', 'same', 'retry'],
  ['busy', 'keep', 'keep', 'same', 'retry'],
  ['quota-exceeded', 'keep', 'keep', 'same', 'retry'],
  ['network-failure', 'keep', 'keep', 'same', 'retry'],
  ['unexpected', 'keep', 'keep', 'same', 'correct'],
  ['signed-out', 'keep', 'keep', 'same', 'sign-in'],
];

describe('the table of decisions', () => {
  it.each(rows)('%s', (kind, patch, draft, id, next) => {
    expect(decisionTable[kind]).toEqual({ patch, draft, id, next });
  });

  it('has a row for every answer', () => {
    expect(rows.map(([kind]) => kind).toSorted()).toEqual(Object.keys(decisionTable).toSorted());
  });

  it('deletes a draft only when the server has it', () => {
    for (const { patch, draft } of Object.values<Decision>(decisionTable)) {
      expect(draft === 'delete').toBe(patch === 'settle');
    }
  });

  it('merges after version and deletion only, never on another 409', () => {
    expect(rows.filter(([, , , , next]) => next === 'merge').map(([kind]) => kind)).toEqual([
      'version-conflict',
      'deleted-conflict',
      'not-found',
    ]);
  });
});

describe('retryDelayMs', () => {
  const lost = { kind: 'network-failure' } as const;

  it('doubles up to half a minute', () => {
    expect([1, 2, 3, 7, 99].map((attempt) => retryDelayMs(lost, attempt, 1))).toEqual([
      500, 1_000, 2_000, 30_000, 30_000,
    ]);
    expect(retryDelayMs(lost, 3, 0.25)).toBe(500);
  });

  it('never comes sooner than the server asked for', () => {
    expect(retryDelayMs({ kind: 'busy', retryAfterMs: 40_000 }, 1, 0)).toBe(40_000);
    expect(retryDelayMs({ kind: 'busy', retryAfterMs: undefined }, 1, 0.5)).toBe(250);
  });
});
