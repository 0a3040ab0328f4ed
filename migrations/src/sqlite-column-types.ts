/**
 * SQLite's column kinds. Tables are STRICT, because without it SQLite stores any value in any column; lengths and the
 * form of a time are CHECKs, because SQLite knows neither.
 *
 * A time is the text `YYYY-MM-DDTHH:MM:SS.sssZ`: one fixed width, so texts compare as the moments do.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

const timePattern =
  '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z';

export const sqliteColumnTypes: ColumnTypes = {
  integer: { dataType: 'integer' },
  boolean: { dataType: 'integer', check: (column) => sql`${sql.ref(column)} in (0, 1)` },
  time: { dataType: 'text', check: (column) => sql`${sql.ref(column)} glob ${sql.lit(timePattern)}` },
  text: (maxLength) => ({
    dataType: 'text',
    check: (column) => sql`length(${sql.ref(column)}) <= ${sql.lit(maxLength)}`,
  }),
  areIndexesInline: false,
  finish: (table) => table.modifyEnd(sql`strict`),
};
