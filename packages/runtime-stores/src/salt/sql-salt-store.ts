/**
 * A salt in the table `ip_salts`: of a truth, each change in a transaction of its own, or inside the transaction of the
 * caller. The row is locked, read and written; on a server it is inserted empty first where there is none, because a row that
 * is missing cannot be locked, and two transactions that both found it missing would wait for each other.
 */
import { type Clock, systemClock } from '@holdfast/base';
import { engineSql, type Truth, type TruthTables, type TruthTransaction } from '@holdfast/truth-db';
import { type Kysely, sql } from 'kysely';
import { parseSaltState } from './salt-schema.ts';
import type { SaltState } from './salt-state.ts';
import type { SaltChange, SaltStore } from './salt-store.ts';

export interface SqlSaltStoreOptions {
  /** Default `ip`. */
  readonly name?: string;
  readonly clock?: Clock;
}

/** In the transaction of the caller: rolled back with it. */
export function sqlSaltStore(trx: TruthTransaction, options: SqlSaltStoreOptions = {}): SaltStore {
  const { name = 'ip', clock = systemClock } = options;
  return {
    read: () => readState(trx, name),
    change: (change) => changeState(trx, { name, clock }, change),
  };
}

export class TruthSaltStore implements SaltStore {
  readonly #truth: Truth;
  readonly #place: Required<SqlSaltStoreOptions>;

  constructor(truth: Truth, { name = 'ip', clock = systemClock }: SqlSaltStoreOptions = {}) {
    this.#truth = truth;
    this.#place = { name, clock };
  }

  async read(): Promise<SaltState | undefined> {
    return await readState(this.#truth.db, this.#place.name);
  }

  async change(change: SaltChange): Promise<SaltState | undefined> {
    return await this.#truth.transaction((trx) => changeState(trx, this.#place, change));
  }
}

async function readState(db: Kysely<TruthTables>, name: string): Promise<SaltState | undefined> {
  const row = await db.selectFrom('ip_salts').select('document').where('name', '=', name).executeTakeFirst();
  return stateOf(row?.document, name);
}

async function changeState(
  trx: TruthTransaction,
  { name, clock }: Required<SqlSaltStoreOptions>,
  change: SaltChange,
): Promise<SaltState | undefined> {
  const engine = engineSql(trx);
  if (engine.hasRowLocks) {
    await sql`insert into ip_salts (name, document) values (${name}, '')
      ${engine.onDuplicate('name')} document = ip_salts.document`.execute(trx);
  }
  const { rows } = await sql<{ document: string }>`
    select document from ip_salts where name = ${name} ${engine.forUpdate}`.execute(trx);
  const state = stateOf(rows[0]?.document, name);
  const next = change(state, clock.wallMs());
  if (next === undefined) return state;
  await sql`insert into ip_salts (name, document) values (${name}, ${JSON.stringify(next)})
    ${engine.onDuplicate('name')} document = ${engine.proposed('document')}`.execute(trx);
  return await readState(trx, name);
}

/** An empty document is a row that somebody has locked and given nothing. */
function stateOf(document: string | undefined, name: string): SaltState | undefined {
  return document === undefined || document === '' ? undefined : parseSaltState(document, name);
}
