/** How far the schema of a database and what a program knows are apart, by the names of migrations. */
import { HoldfastError } from '@holdfast/base';

export interface SchemaStatus {
  readonly applied: readonly string[];
  /** Known to this program, not yet in the database. */
  readonly pending: readonly string[];
  /** In the database, not known to this program: a newer one has migrated it. */
  readonly unknown: readonly string[];
  /** The pending migration that was interrupted: the next call of `migrate` completes it. */
  readonly unfinished?: string;
}

/** @param begun - the migration that was interrupted */
export function schemaStanding(
  applied: readonly string[],
  known: readonly string[],
  begun?: string,
): SchemaStatus {
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: [...applied, ...(begun === undefined ? [] : [begun])].filter((name) => !known.includes(name)),
    ...(begun === undefined ? {} : { unfinished: begun }),
  };
}

/** @throws HoldfastError SCHEMA_NEWER - the database has a migration that the program does not know */
export function refuseNewer({ applied, unknown }: SchemaStatus): void {
  if (unknown.length === 0) return;
  throw new HoldfastError('SCHEMA_NEWER', `the database has the unknown migrations ${unknown.join(', ')}`, {
    details: { applied, unknown },
  });
}

/**
 * @throws HoldfastError SCHEMA_NEWER - as `refuseNewer`
 * @throws HoldfastError SCHEMA_MISSING - a migration is pending
 */
export function refuseOther(status: SchemaStatus): void {
  refuseNewer(status);
  if (status.pending.length === 0) return;
  throw new HoldfastError(
    'SCHEMA_MISSING',
    `the database lacks the migrations ${status.pending.join(', ')}`,
    { details: { applied: status.applied, pending: status.pending } },
  );
}
