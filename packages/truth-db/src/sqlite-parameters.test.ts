import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTruth, type Truth } from './index.ts';
import { failureOf } from './testing/failure-of.ts';

describe('parameters of a statement', () => {
  let truth: Truth;

  beforeAll(() => {
    truth = openTruth('sqlite::memory:');
  });

  afterAll(() => truth.close());

  it.each([
    ['a Date', new Date(0)],
    ['a boolean', true],
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['an infinite number', Number.POSITIVE_INFINITY],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a bigint of 65 bits', 2n ** 64n],
  ])('%s is refused in every place', async (_what, value) => {
    expect(await failureOf(sql`select ${value} as a`.execute(truth.db))).toEqual({ code: 'INTERNAL' });
    expect(await failureOf(sql`select ${1} as a, ${value} as b`.execute(truth.db))).toEqual({
      code: 'INTERNAL',
    });
  });

  it.each([
    ['null', null],
    ['text', "it's"],
    ['a number', 2 ** 53 - 1],
    ['a fraction', 0.5],
  ])('%s comes back as it went in', async (_what, value) => {
    expect((await sql`select ${value} as a`.execute(truth.db)).rows).toEqual([{ a: value }]);
  });

  it('bytes come back as bytes', async () => {
    const { rows } = await sql<{ a: Uint8Array }>`select ${new Uint8Array([1, 0, 255])} as a`.execute(
      truth.db,
    );
    expect([...(rows[0]?.a ?? [])]).toEqual([1, 0, 255]);
  });

  it('a bigint is stored exactly, and one that no number holds is refused when it is read', async () => {
    const { rows } = await sql`select cast(${2n ** 60n} as text) as a`.execute(truth.db);
    expect(rows).toEqual([{ a: '1152921504606846976' }]);
    expect(await failureOf(sql`select ${2n ** 60n} as a`.execute(truth.db))).toEqual({ code: 'INTERNAL' });
  });
});
