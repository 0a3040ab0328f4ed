/** A migration that creates tables, each of them one step. Tables stand in the order their foreign keys need. */
import type { ColumnTypes } from './column-types.ts';
import { createTable, type Table } from './create-table.ts';
import type { Migration, MigrationStep } from './migration.ts';

/** @param tables - by their names */
export function tableMigration(
  name: string,
  tables: Readonly<Record<string, (types: ColumnTypes) => Omit<Table, 'name'>>>,
): Migration {
  return {
    name,
    tables: Object.keys(tables),
    steps: Object.entries(tables).map(([table, describe]) => tableStep(table, describe)),
  };
}

function tableStep(name: string, describe: (types: ColumnTypes) => Omit<Table, 'name'>): MigrationStep {
  return {
    up: (db, types, mayBeDone) => createTable(db, types, { ...describe(types), name }, mayBeDone),
    down: (db) => db.schema.dropTable(name).ifExists().execute(),
  };
}
