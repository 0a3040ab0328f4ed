/**
 * The schema of the truth: one definition, a list of migrations in the order they apply. Which of them a database has
 * already seen, and the transaction around them, is the business of the runner in `@holdfast/truth-db`.
 */
import { core } from './0001-core/core.ts';
import { commitMarks } from './0002-commit-marks/commit-marks.ts';
import { runtimeStores } from './0003-runtime-stores/runtime-stores.ts';
import { mutations } from './0004-mutations/mutations.ts';
import { panel } from './0005-panel/panel.ts';
import type { Migration } from './migration.ts';

export type { ColumnKind, ColumnTypes } from './column-types.ts';
export type { Migration, MigrationStep } from './migration.ts';
export { mysqlColumnTypes } from './mysql-column-types.ts';
export { sqliteColumnTypes } from './sqlite-column-types.ts';

/** Every migration this program knows, oldest first. */
export const migrations: readonly Migration[] = [core, commitMarks, runtimeStores, mutations, panel];
