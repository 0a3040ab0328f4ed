/**
 * A kind whose resources are rows of one table with the columns `id` and `version`. The update is the optimistic lock: it
 * finds the row by both, so of all who have seen a version one can write.
 *
 * Values are the columns under their own names, as the database stores them.
 */
import { type Statement, statement, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import type { ResourceKind } from './resource-kind.ts';

export interface TableKind<Value extends object, Viewer>
  extends Pick<ResourceKind<Value, Viewer>, 'name' | 'fields' | 'project' | 'mayMutate' | 'check' | 'tags'> {
  readonly table: string;
  /** Whether a row of this value is one of a deleted resource. */
  readonly isDeleted?: (value: Value) => boolean;
  /** Whether rows may be deleted; false. */
  readonly isRemovable?: boolean;
}

type Row = Readonly<Record<string, unknown>> & { readonly version: number };

export function tableKind<Value extends object, Viewer>(
  description: TableKind<Value, Viewer>,
): ResourceKind<Value, Viewer> {
  const { table, isDeleted = () => false, isRemovable = false, ...kind } = description;
  const name = sql.table(table);
  const columns = sql.join(['version', ...Object.keys(kind.fields)].map((column) => sql.ref(column)));
  const find = statement<Row>(() => sql`select ${columns} from ${name} where id = ${null}`);
  const remove = statement(() => sql`delete from ${name} where id = ${null} and version = ${null}`);
  const updates = new Map<string, Statement<unknown>>();
  return {
    ...kind,
    read: async (db, id) => {
      const key = rowId(id);
      const [row] = key === undefined ? [] : (await find(db, [key])).rows;
      if (row === undefined) return undefined;
      const { version, ...fields } = row;
      const value = fields as Value;
      return { version, value, isDeleted: isDeleted(value) };
    },
    update: async (trx, id, version, patch) => {
      const changed = Object.keys(patch);
      const text = changed.join();
      const update = updates.get(text) ?? updateOf(table, changed);
      updates.set(text, update);
      return hasFound(update, trx, [...Object.values(patch), rowId(id) ?? 0, version]);
    },
    ...(isRemovable && {
      remove: (trx: Truth['db'], id: string, version: number) =>
        hasFound(remove, trx, [rowId(id) ?? 0, version]),
    }),
  };
}

/** The number of a row; undefined when no row can have this id. One spelling for each: `07` would be another key. */
export function rowId(id: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : undefined;
}

/** The guard. */
function updateOf(table: string, columns: readonly string[]): Statement<unknown> {
  const values = columns.map((column) => sql`${sql.ref(column)} = ${null}`);
  return statement(
    () => sql`
      update ${sql.table(table)} set ${sql.join(values)}, version = version + 1
      where id = ${null} and version = ${null}`,
  );
}

async function hasFound(
  change: Statement<unknown>,
  db: Truth['db'],
  parameters: readonly unknown[],
): Promise<boolean> {
  const { numAffectedRows = 0n } = await change(db, parameters);
  // The version always changes, so a row that was found was changed, whichever of the two a driver counts.
  return numAffectedRows > 0n;
}
