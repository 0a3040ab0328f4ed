/**
 * Brings the schema up to what this program knows, takes the newest part of it back, or says how far the two are apart.
 *
 * One process does it at a time: the others wait, and then find nothing to do. With SQLite the whole is one writing
 * transaction, so that a crash at any point leaves the old schema. MariaDB and MySQL commit every change of a schema by
 * itself: there each step is written down before it is made, and the next call goes on where an interrupted one ended.
 */
import { HoldfastError } from '@holdfast/base';
import { migrations as knownMigrations, type Migration } from '@holdfast/migrations';
import { type Kysely, sql } from 'kysely';
import { MigrationJournal } from './migration-journal.ts';
import { refuseNewer, refuseOther, type SchemaStatus, schemaStanding } from './schema-standing.ts';
import type { TruthTables } from './tables.ts';
import type { Truth } from './truth.ts';
import type { MigrationSession } from './truth-dialect.ts';
import { encodeTime } from './utc-time.ts';

export type { SchemaStatus } from './schema-standing.ts';

export interface MigrateOptions {
  /** What this program knows, oldest first; by default the list of `@holdfast/migrations`. */
  readonly migrations?: readonly Migration[];
  /** How long to wait while another process migrates, in milliseconds; 60 000. */
  readonly waitMs?: number;
}

export interface MigrateResult {
  /** Names of the migrations that this call applied, in order; empty when there was nothing to do. */
  readonly applied: readonly string[];
  /** Name of the newest migration the database now has. */
  readonly version: string;
}

export interface RollbackOptions extends MigrateOptions {
  /** Takes back a migration although rows are lost with its tables. Default false. */
  readonly acceptsLoss?: boolean;
}

const defaultWaitMs = 60_000;

/**
 * Applies what is pending. Idempotent.
 *
 * @throws HoldfastError SCHEMA_NEWER - the database has a migration that this program does not know; nothing was changed
 * @throws HoldfastError DATABASE_BUSY - another process migrated, or another transaction held the database, for all of it
 */
export async function migrate(truth: Truth, options: MigrateOptions = {}): Promise<MigrateResult> {
  const { migrations = knownMigrations, waitMs = defaultWaitMs } = options;
  const version = migrations.at(-1)?.name ?? '';
  // Looking first keeps the ordinary start of a program from taking the place of the one writer.
  const before = await schemaStatus(truth, options);
  refuseNewer(before);
  if (before.pending.length === 0) return { applied: [], version };
  truth.dialect.scope.refuseInside();
  const applied = await truth.dialect.migrateAlone(waitMs, (session) =>
    applyPending(truth, session, migrations),
  );
  if (applied.length > 0) truth.dialect.budget.log.info({ applied, version }, 'schema migrated');
  return { applied, version };
}

/**
 * Takes back the newest migration of the database, or what an interrupted one has made.
 *
 * @returns its name; undefined when the database has no migration
 * @throws HoldfastError REMOVAL_REFUSED - its tables have rows, and their loss was not accepted
 * @throws HoldfastError SCHEMA_NEWER, DATABASE_BUSY - as `migrate`
 */
export async function rollback(truth: Truth, options: RollbackOptions = {}): Promise<string | undefined> {
  const { migrations = knownMigrations, waitMs = defaultWaitMs, acceptsLoss = false } = options;
  truth.dialect.scope.refuseInside();
  const name = await truth.dialect.migrateAlone(waitMs, async (session) => {
    const status = await readStatus(truth, session.db, migrations);
    refuseNewer(status);
    const newest = status.unfinished ?? status.applied.at(-1);
    const migration = migrations.find((candidate) => candidate.name === newest);
    if (migration === undefined) return undefined;
    if (!acceptsLoss) await refuseLoss(truth, session.db, migration);
    await takeBack(truth, session, migration);
    return migration.name;
  });
  if (name !== undefined) truth.dialect.budget.log.info({ name }, 'schema taken back');
  return name;
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
  refuseOther(await schemaStatus(truth, options));
}

async function applyPending(
  truth: Truth,
  { db, columnTypes }: MigrationSession,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const { budget } = truth.dialect;
  const status = await readStatus(truth, db, migrations);
  refuseNewer(status);
  await createHistory(truth, db);
  const journal = await MigrationJournal.open(truth.dialect, db);
  for (const { name, steps } of migrations.filter((migration) => status.pending.includes(migration.name))) {
    const begun = journal.begunSteps(name);
    for (const [place, step] of steps.entries()) {
      if (place < begun - 1) continue; // the next one was begun, so this one is done
      const make = () => step.up(db as unknown as Kysely<unknown>, columnTypes, place < begun);
      await (place < begun ? make() : journal.begin(name, place, make));
    }
    const row = { name, applied_at: encodeTime(budget.clock.wallMs()) };
    await journal.complete(name, (trx) => trx.insertInto('schema_migrations').values(row).execute());
  }
  return status.pending;
}

/** An interrupted migration and one whose removal was interrupted are the same: some of its first steps are done. */
async function takeBack(
  truth: Truth,
  { db, columnTypes }: MigrationSession,
  { name, steps }: Migration,
): Promise<void> {
  const journal = await MigrationJournal.open(truth.dialect, db);
  const begun = journal.begunSteps(name);
  if (begun === 0) {
    await journal.reopen(name, steps.length, (trx) =>
      trx.deleteFrom('schema_migrations').where('name', '=', name).execute(),
    );
  }
  const first = begun === 0 ? steps.length : begun;
  for (let place = first - 1; place >= 0; place -= 1) {
    await steps[place]?.down(db as unknown as Kysely<unknown>, columnTypes);
    await journal.undone(name, place);
  }
}

async function refuseLoss(truth: Truth, db: Kysely<TruthTables>, { name, tables }: Migration): Promise<void> {
  for (const table of tables) {
    if (!(await truth.dialect.hasTable(db, table))) continue;
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
    if (rows.length === 0) continue;
    throw new HoldfastError('REMOVAL_REFUSED', `taking back ${name} would throw away the rows of ${table}`, {
      details: { migration: name, table },
    });
  }
}

/** Older than every migration, so it is spelled here. */
async function createHistory({ dialect }: Truth, db: Kysely<TruthTables>): Promise<void> {
  const [time, storage] =
    dialect.engine === 'sqlite' ? [sql`varchar(24)`, sql``] : [sql`datetime(3)`, sql`engine = InnoDB`];
  await sql`create table if not exists schema_migrations (
    name varchar(120) not null primary key,
    applied_at ${time} not null
  ) ${storage}`.execute(db);
}

async function readStatus(
  truth: Truth,
  db: Kysely<TruthTables>,
  migrations: readonly Migration[],
): Promise<SchemaStatus> {
  const rows = (await truth.dialect.hasTable(db, 'schema_migrations'))
    ? await db.selectFrom('schema_migrations').select('name').orderBy('name').execute()
    : [];
  const applied = rows.map((row) => row.name);
  const known = migrations.map((migration) => migration.name);
  const begun = (await MigrationJournal.open(truth.dialect, db)).migration;
  return schemaStanding(applied, known, begun);
}
