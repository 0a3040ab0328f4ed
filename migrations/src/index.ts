/**
 * The schema of the truth: one definition, a list of migrations in the order they apply. Which of them a database has
 * already seen, and the transaction around them, is the business of the runner in `@holdfast/truth-db`.
 */
import { core } from './0001-core/core.ts';
import type { Migration } from './migration.ts';

export type { ColumnKind, ColumnTypes } from './column-types.ts';
export type { Migration } from './migration.ts';
export { sqliteColumnTypes } from './sqlite-column-types.ts';

/** Every migration this program knows, oldest first. */
export const migrations: readonly Migration[] = [core];
