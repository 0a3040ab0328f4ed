/** From the rows of a merge and the user's choices to what is sent. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../record/json.ts';
import { merge3 } from './merge3.ts';
import type { RecordSchema } from './record-schema.ts';
import { type Choices, defaultChoices, resolve } from './resolve.ts';

const schema: RecordSchema = {
  fields: {
    label: { kind: 'text' },
    rate: { kind: 'number' },
    note: { kind: 'text' },
    start: { kind: 'number' },
    end: { kind: 'number' },
    secret: { kind: 'secret' },
  },
  groups: { period: ['start', 'end'] },
};
const secret = { $secret: true };
const base = { label: 'Milk', rate: 1, note: 'n', start: 1, end: 2, secret };
const mine = { label: 'Rice', rate: 2, note: 'n', start: 3, end: 2, secret: 'typed' };
const theirs = {
  label: 'Oats',
  rate: 1,
  note: 'other',
  start: 1,
  end: 9,
  secret: { $secret: true, changed: true },
};
const merge = merge3(schema, base, mine, theirs);

describe('resolve', () => {
  it('sends nothing of a conflict that nobody has decided', () => {
    expect(resolve(merge, {})).toMatchObject({
      patch: { rate: 2 },
      undecided: ['period', 'label', 'secret'],
    });
  });

  it('takes mine by default, but for secrets', () => {
    expect(defaultChoices(merge.rows)).toEqual({ label: { kind: 'mine' }, period: { kind: 'mine' } });
  });

  it.each<[Choices, JsonObject]>([
    [{ label: { kind: 'mine' } }, { rate: 2, label: 'Rice' }],
    [{ label: { kind: 'theirs' } }, { rate: 2 }],
    [{ label: { kind: 'base' } }, { rate: 2, label: 'Milk' }],
    [{ label: { kind: 'edited', value: { label: 'Rye' } } }, { rate: 2, label: 'Rye' }],
    [{ label: { kind: 'edited', value: { label: ' Oats' } } }, { rate: 2 }],
    [{ rate: { kind: 'theirs' } }, {}],
    [{ note: { kind: 'base' } }, { rate: 2, note: 'n' }],
    [{ period: { kind: 'mine' } }, { rate: 2, start: 3, end: 2 }],
    [{ period: { kind: 'edited', value: { end: 5 } } }, { rate: 2, start: 3, end: 5 }],
    [{ secret: { kind: 'theirs' } }, { rate: 2 }],
    [{ secret: { kind: 'mine' } }, { rate: 2 }],
    [{ secret: { kind: 'edited', value: { secret: 'again' } } }, { rate: 2, secret: 'again' }],
  ])('%j sends %j', (choices, patch) => {
    expect(resolve(merge, choices).patch).toEqual(patch);
  });

  it('counts a secret as decided only when it is kept or typed again', () => {
    const undecidedWith = (choices: Choices) => resolve(merge, choices).undecided.includes('secret');
    expect(undecidedWith({ secret: { kind: 'mine' } })).toBe(true);
    expect(undecidedWith({ secret: { kind: 'edited', value: {} } })).toBe(true);
    expect(undecidedWith({ secret: { kind: 'theirs' } })).toBe(false);
  });

  it('checks what would be stored', () => {
    const validate = ({ rate }: JsonObject) => (rate === 2 ? [{ path: '/rate', code: 'too-fast' }] : []);
    expect(resolve(merge, {}, validate).issues).toEqual([{ path: '/rate', code: 'too-fast' }]);
    expect(resolve(merge, { rate: { kind: 'theirs' } }, validate).issues).toEqual([]);
  });

  it('reads no choice out of what every object inherits', () => {
    const hostile: RecordSchema = {
      fields: Object.fromEntries([['constructor', { kind: 'text' } as const]]),
    };
    const strange = merge3(hostile, { constructor: 'a' }, { constructor: 'b' }, { constructor: 'c' });
    expect(resolve(strange, {})).toMatchObject({ patch: {}, undecided: ['constructor'] });
  });
});
