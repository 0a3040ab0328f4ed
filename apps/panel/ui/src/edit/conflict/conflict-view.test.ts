/** A conflict as it is shown: which rows, which values, what may be chosen, and who did it. */
import {
  type Conflict,
  type ConflictEvent,
  type JsonObject,
  reduceConflict,
} from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';
import type { RecordPart } from '../record/record-part.ts';
import { conflictView } from './conflict-view.ts';

const part: RecordPart = {
  name: 'plan',
  kind: 'plan',
  mode: 'form',
  schema: {
    fields: {
      label: { kind: 'text' },
      down: { kind: 'number' },
      up: { kind: 'number' },
      note: { kind: 'text' },
    },
    groups: { rates: ['down', 'up'] },
  },
  schemaV: 1,
  validate: ({ up }) => (Number(up) > 100 ? [{ path: '/up', code: 'not-a-rate' }] : []),
  write: (id, input) => ({ method: 'PATCH', path: id, input }),
  create: (input) => ({ method: 'POST', path: '', input }),
};
const value = { label: 'Casa', down: 10, up: 1, note: '', status: 'CLAIMED' };
const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
const by = (name: string) => ({ id: name, name });

function conflictOf(
  patch: JsonObject,
  theirs: JsonObject | undefined,
  events: readonly ConflictEvent[] = [],
) {
  const refused: ConflictEvent = {
    kind: 'refused',
    record: { kind: 'plan', id: '1' },
    base: { version: 41, value },
    patch,
    theirs: { version: 43, value: theirs && { ...value, ...theirs } },
    changed: [
      { path: '/down', version: 42, by: by('Ana'), at: at(1) },
      { path: '/label', version: 43, by: by('Bruno'), at: at(2) },
    ],
  };
  const conflict = [refused, ...events].reduce<Conflict | undefined>(
    (open, event) => reduceConflict(part, open, event).conflict,
    undefined,
  );
  if (conflict === undefined) throw new Error('it is over');
  return conflict;
}

const viewOf = (...given: Parameters<typeof conflictOf>) =>
  conflictView(part, conflictOf(...given), ['status']);

describe('a conflict', () => {
  it('has a row for each field or group that somebody changed, with the three values and what will be', () => {
    const { rows, conflicts } = viewOf({ label: 'Oficina', up: 2 }, { label: 'Taller', down: 20 });
    expect(rows.map(({ name, state, side }) => [name, state, side])).toEqual([
      ['rates', 'conflict', 'mine'],
      ['label', 'conflict', 'mine'],
    ]);
    expect(rows[0]).toMatchObject({
      base: { down: 10, up: 1 },
      theirs: { down: 20, up: 1 },
      mine: { down: 10, up: 2 },
      result: { down: 10, up: 2 },
    });
    expect(conflicts).toBe(2);
  });

  it('tells who changed what last, and how far it is ahead', () => {
    const {
      rows,
      by: last,
      versionsBehind,
    } = viewOf({ label: 'Oficina', up: 2 }, { label: 'Taller', down: 20 });
    expect(rows.map((row) => row.by?.name)).toEqual(['Ana', 'Bruno']);
    expect([last, versionsBehind]).toEqual([{ name: 'Bruno', at: at(2) }, 2]);
  });

  it('shows what becomes of a choice, and of what is typed in it', () => {
    const theirs = { label: 'Taller' };
    const chosen = viewOf({ label: 'Oficina' }, theirs, [
      { kind: 'decided', row: 'label', choice: { kind: 'theirs' } },
    ]);
    expect(chosen.rows[0]).toMatchObject({
      side: 'theirs',
      result: { label: 'Taller' },
      edited: { label: 'Oficina' },
    });
    const edited = viewOf({ label: 'Oficina' }, theirs, [
      { kind: 'decided', row: 'label', choice: { kind: 'edited', value: { label: 'Ambos' } } },
    ]);
    expect(edited.rows[0]).toMatchObject({
      side: 'mine',
      result: { label: 'Ambos' },
      edited: { label: 'Ambos' },
    });
  });

  it('marks where two changes that are right alone are wrong together', () => {
    const { rows } = viewOf({ label: 'Oficina' }, { up: 200 });
    expect(rows.map(({ name, issues }) => [name, issues])).toEqual([
      ['rates', [{ path: '/up', code: 'not-a-rate' }]],
      ['label', []],
    ]);
  });

  it('tells of changes that nobody edits here, and leaves fields that nobody changed apart', () => {
    const view = viewOf({ label: 'Oficina' }, { status: 'DISABLED' });
    expect(view.context).toEqual([{ field: 'status', before: 'CLAIMED', now: 'DISABLED' }]);
    expect(view.others.map(({ name }) => name)).toEqual(['down', 'up', 'note']);
    expect(view.conflicts).toBe(0);
    const conflict = conflictOf({ label: 'Oficina' }, { label: 'Taller' });
    expect(conflictView(part, conflict, ['label', 'status']).context).toEqual([]);
  });

  it('over a deleted record has what was typed, and can be made anew where its user may', () => {
    const conflict = conflictOf({ label: 'Oficina' }, undefined);
    const { create: _create, ...without } = part;
    expect(conflictView(part, conflict, [])).toMatchObject({
      isDeleted: true,
      canMakeAnew: true,
      canApply: false,
    });
    expect(conflictView(without, conflict, []).canMakeAnew).toBe(false);
    expect(conflictView(part, conflict, []).rows[0]?.mine).toEqual({ label: 'Oficina' });
  });

  it('is busy while something is on its way', () => {
    expect(viewOf({ label: 'Oficina' }, {}, [{ kind: 'apply' }]).isBusy).toBe(true);
  });
});
