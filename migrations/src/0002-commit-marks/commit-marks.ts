/**
 * The last transaction that each connection to a database server has committed. When a connection is lost between the
 * request to commit and its answer, only the database knows what became of the transaction; this is where it is looked
 * up. SQLite, which is a file and no server, has the table and leaves it empty.
 */

import type { ColumnTypes } from '../column-types.ts';
import { type Column, required, type Table } from '../create-table.ts';
import type { Migration } from '../migration.ts';
import { tableMigration } from '../table-migration.ts';

export const commitMarks: Migration = {
  ...tableMigration('0002-commit-marks', { commit_marks: table }),
  // A mark is looked up within seconds or never.
  tables: [],
};

function table(types: ColumnTypes): Omit<Table, 'name'> {
  const columns: Record<string, Column> = {
    writer: required(types.text(32), { key: 'natural' }),
    mark: required(types.integer),
    marked_at: required(types.time),
  };
  return { columns, indexes: { ix_commit_marks_marked_at: ['marked_at'] } };
}
