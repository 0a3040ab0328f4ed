/** The table of the merge and its laws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { isSame } from '../equality/canonical.ts';
import type { Json, JsonObject } from '../record/json.ts';
import type { MergeState } from './merge-row.ts';
import { merge3 } from './merge3.ts';
import type { RecordSchema } from './record-schema.ts';

const schema: RecordSchema = {
  fields: {
    label: { kind: 'text' },
    notes: { kind: 'long-text' },
    rate: { kind: 'number' },
    start: { kind: 'instant' },
    end: { kind: 'instant' },
    tags: { kind: 'set', of: { kind: 'text' } },
    rules: { kind: 'list', key: 'id', item: { to: { kind: 'ip' } } },
    secret: { kind: 'secret' },
    seen: { kind: 'instant', isServerOwned: true },
  },
  groups: { period: ['start', 'end'] },
};

const base = {
  label: 'Milk',
  notes: 'a\nb\nc',
  rate: 10,
  start: '2026-01-01T00:00Z',
  end: '2026-02-01T00:00Z',
  tags: ['x', 'y'],
  rules: [
    { id: 1, to: '10.0.0.1' },
    { id: 2, to: '10.0.0.2' },
    { id: 3, to: '10.0.0.3' },
  ],
  secret: { $secret: true },
  seen: '2026-01-01T00:00Z',
};

describe('merge3', () => {
  it.each<[string, string, MergeState | undefined, string]>([
    ['Milk', ' Milk', undefined, ' Milk'],
    ['Rice', 'Milk', 'only-mine', 'Rice'],
    ['Milk', 'Oats', 'only-theirs', 'Oats'],
    ['Rice', 'Rice ', 'both-same', 'Rice '],
    ['Rice', 'Oats', 'conflict', 'Rice'],
  ])('mine %j and theirs %j are %s', (mine, theirs, state, label) => {
    const { merged, rows, needsUser } = merge3(
      schema,
      base,
      { ...base, label: mine },
      { ...base, label: theirs },
    );
    expect(rows.map((row) => row.state)).toEqual(state === undefined ? [] : [state]);
    expect(merged).toEqual({ ...base, label });
    expect(needsUser).toBe(state === 'conflict');
  });

  it('takes a group from one side, and asks where both changed a part of it', () => {
    const mine = { ...base, start: '2026-01-05T00:00Z' };
    const theirs = { ...base, end: '2026-01-03T00:00Z' };
    const { rows, merged } = merge3(schema, base, mine, theirs);
    expect(rows).toMatchObject([{ name: 'period', state: 'conflict', because: 'value' }]);
    expect(merged).toMatchObject({ start: mine.start, end: mine.end });
  });

  it('combines sets', () => {
    const { rows, merged } = merge3(
      schema,
      base,
      { ...base, tags: ['y', 'z'] },
      { ...base, tags: ['x', 'y', 'w'] },
    );
    expect(rows).toMatchObject([{ name: 'tags', state: 'combined' }]);
    expect(merged?.tags).toEqual(['y', 'w', 'z']);
  });

  it('suggests a merge of lines and does not take it', () => {
    const mine = { ...base, notes: 'A\nb\nc' };
    const theirs = { ...base, notes: 'a\nb\nC' };
    const { rows, merged } = merge3(schema, base, mine, theirs);
    expect(rows).toMatchObject([{ state: 'conflict', because: 'text', suggestion: 'A\nb\nC' }]);
    expect(merged?.notes).toBe('A\nb\nc');
    const { rows: touching } = merge3(schema, base, mine, { ...base, notes: 'B\nb\nc' });
    expect(touching[0]).not.toHaveProperty('suggestion');
  });

  it('takes theirs of what the server owns, and shows nothing of it', () => {
    const theirs = { ...base, seen: '2026-01-02T00:00Z', unknown: 1 };
    const { rows, merged } = merge3(schema, base, { ...base, seen: '2030-01-01T00:00Z', other: 2 }, theirs);
    expect({ rows, merged }).toEqual({ rows: [], merged: theirs });
  });

  it('asks for a secret that both changed, and shows none', () => {
    const mine = { ...base, secret: 'typed' };
    expect(merge3(schema, base, mine, base).merged?.secret).toBe('typed');
    const changed = { ...base, secret: { $secret: true, changed: true } };
    const { rows, merged } = merge3(schema, base, mine, changed);
    expect(rows).toMatchObject([{ state: 'conflict', because: 'secret', options: { theirs: {} } }]);
    expect(rows[0]?.options).not.toHaveProperty('mine');
    expect(merged?.secret).toEqual({ $secret: true, changed: true });
    const shown = [...rows, ...merge3(schema, base, mine, base).rows].map((row) => [
      row.base,
      row.mine,
      row.theirs,
    ]);
    expect(JSON.stringify(shown)).not.toContain('typed');
  });

  it('asks for a record that one side deleted and the other changed', () => {
    const mine = { ...base, label: 'Rice' };
    expect(merge3(schema, base, mine, undefined)).toMatchObject({
      deletion: 'theirs',
      needsUser: true,
      merged: mine,
      rows: [{ name: 'label', state: 'conflict', because: 'deleted' }],
    });
    expect(merge3(schema, base, undefined, mine)).toMatchObject({ deletion: 'mine', needsUser: true });
    for (const side of [base, undefined]) {
      expect(merge3(schema, base, side, undefined)).toMatchObject({ needsUser: false, merged: undefined });
      expect(merge3(schema, base, undefined, side)).toMatchObject({ needsUser: false, merged: undefined });
    }
  });

  it('asks when the merged value is not valid, though nothing is in conflict', () => {
    const validate = ({ rate }: JsonObject) => (rate === 20 ? [{ path: '/rate', code: 'too-fast' }] : []);
    const merge = merge3(schema, base, { ...base, label: 'Rice' }, { ...base, rate: 20 }, { validate });
    expect(merge).toMatchObject({ needsUser: true, issues: [{ path: '/rate', code: 'too-fast' }] });
  });

  describe('of lists', () => {
    const rule = (id: number) => ({ id, to: `10.0.0.${id}` });
    const [one, two, three] = [rule(1), rule(2), rule(3)] as const;
    const rulesOf = (mine: readonly Json[], theirs: readonly Json[]) =>
      merge3(schema, base, { ...base, rules: mine }, { ...base, rules: theirs });

    it('merges items and their order', () => {
      const { rows, merged } = rulesOf(
        [two, one, three],
        [one, { id: 2, to: '10.9.9.9' }, three, { id: 4, to: '10.0.0.4' }],
      );
      expect(rows).toMatchObject([{ state: 'combined' }]);
      expect(merged?.rules).toEqual([{ id: 2, to: '10.9.9.9' }, one, three, { id: 4, to: '10.0.0.4' }]);
    });

    it.each<[string, readonly Json[], readonly Json[]]>([
      ['removed-here', [one, three], [one, { id: 2, to: '10.9.9.9' }, three]],
      ['removed-there', [one, { id: 2, to: '10.9.9.9' }, three], [one, three]],
      ['changed', [one, { id: 2, to: '10.8.8.8' }], [one, { id: 2, to: '10.9.9.9' }]],
      ['added', [...base.rules, { id: 4, to: '10.8.8.8' }], [...base.rules, { id: 4, to: '10.9.9.9' }]],
      ['order', [two, one, three], [one, three, two]],
      ['order', [...base.rules, { id: 4, to: '10.0.0.4' }], [...base.rules, { id: 5, to: '10.0.0.5' }]],
    ])('asks: %s', (because, mine, theirs) => {
      expect(rulesOf(mine, theirs).rows).toMatchObject([
        { state: 'conflict', because: 'list', listConflicts: [{ because }] },
      ]);
    });

    it('takes a member for a member, whatever it is called', () => {
      const item = (changes: JsonObject) =>
        Object.fromEntries(Object.entries({ id: 1, constructor: 'a', ...changes }));
      const rules = (changes: JsonObject) => ({ ...base, rules: [item(changes)] });
      const { merged, needsUser } = merge3(
        schema,
        rules({}),
        rules({ constructor: 'b' }),
        rules({ to: '10.0.0.9' }),
      );
      expect({ rules: merged?.rules, needsUser }).toEqual({
        rules: [{ id: 1, constructor: 'b', to: '10.0.0.9' }],
        needsUser: false,
      });
    });

    it('keeps what is not in conflict whichever side is chosen', () => {
      const { rows } = rulesOf(
        [{ id: 1, to: '10.8.8.8' }, two, three],
        [{ id: 1, to: '10.9.9.9' }, { id: 2, to: '10.2.2.2' }, three],
      );
      const ofTwo = (rules: Json | undefined) => (rules as readonly JsonObject[]).find(({ id }) => id === 2);
      for (const side of ['mine', 'theirs', 'base'] as const) {
        expect(ofTwo(rows[0]?.options[side]?.rules)).toEqual({ id: 2, to: '10.2.2.2' });
      }
    });
  });
});

describe('the laws of merge3', () => {
  const text = fc.constantFrom<Json>('Milk', 'Rice', ' Rice', '', null);
  const instant = fc.constantFrom('2026-01-01T00:00Z', '2026-01-01T01:00+01:00', '2026-02-01T00:00Z');
  const item = fc.record({ id: fc.integer({ min: 1, max: 4 }), to: fc.constantFrom('10.0.0.1', '10.0.0.2') });
  const record: fc.Arbitrary<JsonObject> = fc.record(
    {
      label: text,
      notes: fc.constantFrom('a\nb', 'a\nB', 'A\nb'),
      rate: fc.constantFrom<Json>(0, '0', '', null, false, 5),
      start: instant,
      end: instant,
      tags: fc.oneof(fc.subarray(['x', 'y', 'z']), fc.constant(null)),
      rules: fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 4 }),
      seen: instant,
    },
    { requiredKeys: ['label', 'notes', 'start', 'end', 'rules'] },
  );
  const means = (one: JsonObject | undefined, other: JsonObject | undefined) =>
    Object.entries(schema.fields).every(([name, field]) => isSame(field, one?.[name], other?.[name]));
  const holds = (law: (b: JsonObject, m: JsonObject, t: JsonObject) => boolean) =>
    fc.assert(fc.property(record, record, record, law), { numRuns: randomRuns(150) });

  it('merge(b, b, t) = t, as it is written', () =>
    holds((b, _, t) => JSON.stringify(merge3(schema, b, b, t).merged) === JSON.stringify(t)));

  it('merge(b, m, b) = m', () =>
    holds((b, m) => {
      const { merged, needsUser } = merge3(schema, b, m, b);
      return !needsUser && means({ ...merged, seen: 0 }, { ...m, seen: 0 });
    }));

  it('merge(b, x, x) = x', () =>
    holds((b, x) => {
      const { merged, needsUser } = merge3(schema, b, x, x);
      return !needsUser && JSON.stringify(merged) === JSON.stringify(x);
    }));

  it('the same is in conflict whoever is who', () =>
    holds((b, m, t) => {
      const [here, there] = [merge3(schema, b, m, t), merge3(schema, b, t, m)];
      const conflictsOf = ({ rows }: typeof here) =>
        rows.filter(({ state }) => state === 'conflict').map(({ name }) => name);
      const isSameMerge = here.needsUser || means({ ...here.merged, seen: 0 }, { ...there.merged, seen: 0 });
      return isSameMerge && String(conflictsOf(here)) === String(conflictsOf(there));
    }));

  it('no field changes that nobody changed', () =>
    holds((b, m, t) => {
      const { merged } = merge3(schema, b, m, t);
      return Object.entries(schema.fields).every(([name, field]) => {
        const isUntouched = isSame(field, b[name], m[name]) && isSame(field, b[name], t[name]);
        return !isUntouched || isSame(field, merged?.[name], t[name]);
      });
    }));

  it('merged once more it is the same', () =>
    holds((b, m, t) => {
      const once = merge3(schema, b, m, t).merged ?? {};
      return means(merge3(schema, b, once, t).merged, once) && means(merge3(schema, t, once, t).merged, once);
    }));

  it('a group comes whole from one side', () =>
    holds((b, m, t) => {
      const { merged } = merge3(schema, b, m, t);
      const isFrom = (side: JsonObject) =>
        ['start', 'end'].every((name) => isSame({ kind: 'instant' }, merged?.[name], side[name]));
      return isFrom(m) || isFrom(t);
    }));
});
