/**
 * The column kinds of MariaDB and MySQL. Every table is InnoDB, in utf8mb4 with a collation that compares byte by byte and
 * counts trailing spaces, as SQLite does; the usual `utf8mb4_bin` does not count them.
 *
 * A time is DATETIME(3) in UTC: seven bytes, refused by the type itself when there is no such day. The driver gives and
 * takes the text form of `UtcTime`. The check keeps out the zero date, which clients of another mode may write.
 *
 * An enum of B055 is text with a named CHECK, not ENUM: that one sorts by the place of a value in its list, compares with
 * numbers, and in MySQL takes a rebuilt table to lose a value.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** @param collation - one that is binary and does not pad: they have no name in common */
export function mysqlColumnTypes(
  collation: 'utf8mb4_nopad_bin' /* MariaDB */ | 'utf8mb4_0900_bin' /* MySQL */,
): ColumnTypes {
  return {
    integer: { dataType: 'bigint' },
    boolean: { dataType: 'boolean', check: (column) => sql`${sql.ref(column)} in (0, 1)` },
    time: {
      dataType: 'datetime(3)',
      check: (column) => sql`${sql.ref(column)} >= '1970-01-01 00:00:00'`,
    },
    text: (maxLength) => ({ dataType: `varchar(${maxLength})` }),
    areIndexesInline: true,
    finish: (table) =>
      table.modifyEnd(
        sql`engine = InnoDB row_format = dynamic default character set utf8mb4 collate ${sql.raw(collation)}`,
      ),
  };
}
