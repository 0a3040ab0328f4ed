/**
 * Brings the schema up to what this program knows, or says how far the two are apart. The whole of `migrate` is one
 * writing transaction: a crash at any point leaves the old schema, and of several processes that migrate at once one
 * applies while the others wait for it and then find nothing to do.
 */
import { HoldfastError } from '@holdfast/base';
import { migrations as knownMigrations, type Migration } from '@holdfast/migrations';
import { type Kysely, sql } from 'kysely';
import type { TruthTables } from './tables.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { encodeTime } from './utc-time.ts';

export interface MigrateOptions {
  /** What this program knows, oldest first; by default the list of `@holdfast/migrations`. */
  readonly migrations?: readonly Migration[];
}

export interface MigrateResult {
  /** Names of the migrations that this call applied, in order; empty when there was nothing to do. */
  readonly applied: readonly string[];
  /** Name of the newest migration the database now has. */
  readonly version: string;
}

export interface SchemaStatus {
  readonly applied: readonly string[];
  /** Known to this program, not yet in the database. */
  readonly pending: readonly string[];
  /** In the database, not known to this program: a newer one has migrated it. */
  readonly unknown: readonly string[];
}

/**
 * Applies what is pending. Idempotent.
 *
 * @throws HoldfastError SCHEMA_NEWER - the database has a migration that this program does not know; nothing was changed
 * @throws HoldfastError DATABASE_BUSY - another transaction held the database for the whole busy timeout
 */
export async function migrate(truth: Truth, options: MigrateOptions = {}): Promise<MigrateResult> {
  const { migrations = knownMigrations } = options;
  const version = migrations.at(-1)?.name ?? '';
  // Looking first keeps the ordinary start of a program from taking the place of the one writer.
  const before = await schemaStatus(truth, options);
  refuseNewer(before);
  if (before.pending.length === 0) return { applied: [], version };
  const applied = await truth.transaction((trx) => applyPending(truth, trx, migrations));
  if (applied.length > 0) truth.dialect.budget.log.info({ applied, version }, 'schema migrated');
  return { applied, version };
}

/** Compares the schema of the database with what this program knows. A database without any schema has applied none. */
export async function schemaStatus(truth: Truth, options: MigrateOptions = {}): Promise<SchemaStatus> {
  const { migrations = knownMigrations } = options;
  return truth.snapshot((trx) => readStatus(truth, trx, migrations));
}

/**
 * Refuses to work on a schema that is not exactly this program's.
 *
 * @throws HoldfastError SCHEMA_MISSING - a migration is pending
 * @throws HoldfastError SCHEMA_NEWER - the database has a migration that this program does not know
 */
export async function assertSchema(truth: Truth, options: MigrateOptions = {}): Promise<void> {
  const status = await schemaStatus(truth, options);
  refuseNewer(status);
  if (status.pending.length === 0) return;
  throw new HoldfastError(
    'SCHEMA_MISSING',
    `the database lacks the migrations ${status.pending.join(', ')}`,
    {
      details: { applied: status.applied, pending: status.pending },
    },
  );
}

async function applyPending(
  truth: Truth,
  trx: TruthTransaction,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const { budget, columnTypes } = truth.dialect;
  const status = await readStatus(truth, trx, migrations);
  refuseNewer(status);
  await createHistory(trx);
  for (const name of status.pending) {
    const migration = migrations.find((candidate) => candidate.name === name);
    await migration?.up(trx as unknown as Kysely<unknown>, columnTypes);
    const row = { name, applied_at: encodeTime(budget.clock.wallMs()) };
    await trx.insertInto('schema_migrations').values(row).execute();
  }
  return status.pending;
}

async function createHistory(trx: Kysely<TruthTables>): Promise<void> {
  await sql`create table if not exists schema_migrations (
    name varchar(120) not null primary key,
    applied_at varchar(24) not null
  )`.execute(trx);
}

async function readStatus(
  truth: Truth,
  trx: TruthTransaction,
  migrations: readonly Migration[],
): Promise<SchemaStatus> {
  const rows = (await truth.dialect.hasTable(trx, 'schema_migrations'))
    ? await trx.selectFrom('schema_migrations').select('name').orderBy('name').execute()
    : [];
  const applied = rows.map((row) => row.name);
  const known = migrations.map((migration) => migration.name);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

function refuseNewer({ applied, unknown }: SchemaStatus): void {
  if (unknown.length === 0) return;
  throw new HoldfastError('SCHEMA_NEWER', `the database has the unknown migrations ${unknown.join(', ')}`, {
    details: { applied, unknown },
  });
}
