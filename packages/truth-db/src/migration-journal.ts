/**
 * Where the steps of a migration are written down before they are made, for databases that cannot take back a change of
 * the schema. At any moment the journal says: of this one migration the steps before the last one written are done, and
 * that one perhaps. Once the migration stands in the history its steps are forgotten.
 *
 * With transactional DDL there is nothing to write down, and nothing is.
 */
import { type Kysely, sql } from 'kysely';
import type { TruthTables } from './tables.ts';
import type { TruthDialect } from './truth-dialect.ts';

type Work = (db: Kysely<TruthTables>) => Promise<unknown>;

export class MigrationJournal {
  readonly #dialect: Pick<TruthDialect, 'hasTransactionalDdl'>;
  readonly #db: Kysely<TruthTables>;
  readonly #begun: { readonly name: string; readonly steps: number } | undefined;
  #isThere: boolean;

  private constructor(
    dialect: Pick<TruthDialect, 'hasTransactionalDdl'>,
    db: Kysely<TruthTables>,
    isThere: boolean,
    begun: { readonly name: string; readonly steps: number } | undefined,
  ) {
    this.#dialect = dialect;
    this.#db = db;
    this.#isThere = isThere;
    this.#begun = begun;
  }

  /** Reads it. It need not be there. */
  static async open(
    dialect: Pick<TruthDialect, 'hasTransactionalDdl' | 'hasTable'>,
    db: Kysely<TruthTables>,
  ): Promise<MigrationJournal> {
    const isThere = !dialect.hasTransactionalDdl && (await dialect.hasTable(db, 'schema_steps'));
    if (!isThere) return new MigrationJournal(dialect, db, false, undefined);
    const [last] = await db.selectFrom('schema_steps').selectAll().orderBy('step', 'desc').limit(1).execute();
    const begun = last === undefined ? undefined : { name: last.migration, steps: last.step + 1 };
    return new MigrationJournal(dialect, db, true, begun);
  }

  /** The migration that was interrupted. */
  get migration(): string | undefined {
    return this.#begun?.name;
  }

  /** How many steps of the migration were begun: all but the last of them are done. */
  begunSteps(migration: string): number {
    return this.#begun?.name === migration ? this.#begun.steps : 0;
  }

  /**
   * Writes the step down and makes it. One that the database refuses was not made, and is erased again: otherwise the next
   * run would take what stood in its way for its own work.
   */
  async begin(migration: string, step: number, make: () => Promise<void>): Promise<void> {
    if (this.#dialect.hasTransactionalDdl) {
      await make();
      return;
    }
    await this.#create();
    await this.#db.insertInto('schema_steps').values({ migration, step }).execute();
    try {
      await make();
    } catch (error) {
      // Without a connection this fails too, and rightly: then nobody knows whether the step was made.
      await this.undone(migration, step).catch(() => undefined);
      throw error;
    }
  }

  /** All steps are done: `record` writes the migration into the history. */
  async complete(migration: string, record: Work): Promise<void> {
    if (this.#dialect.hasTransactionalDdl) {
      await record(this.#db);
      return;
    }
    await this.#db.transaction().execute(async (trx) => {
      await record(trx);
      await trx.deleteFrom('schema_steps').where('migration', '=', migration).execute();
    });
  }

  /** The reverse of `complete`, before the steps are taken back one by one. */
  async reopen(migration: string, steps: number, erase: Work): Promise<void> {
    if (this.#dialect.hasTransactionalDdl) {
      await erase(this.#db);
      return;
    }
    await this.#create();
    const rows = Array.from({ length: steps }, (_value, step) => ({ migration, step }));
    await this.#db.transaction().execute(async (trx) => {
      await erase(trx);
      if (rows.length > 0) await trx.insertInto('schema_steps').values(rows).execute();
    });
  }

  /** The step was taken back, and so were all behind it. */
  async undone(migration: string, step: number): Promise<void> {
    if (this.#dialect.hasTransactionalDdl) return;
    await this.#db
      .deleteFrom('schema_steps')
      .where('migration', '=', migration)
      .where('step', '=', step)
      .execute();
  }

  async #create(): Promise<void> {
    if (this.#isThere) return;
    await sql`create table if not exists schema_steps (
      migration varchar(120) not null,
      step bigint not null,
      primary key (migration, step)
    ) engine = InnoDB`.execute(this.#db);
    this.#isThere = true;
  }
}
