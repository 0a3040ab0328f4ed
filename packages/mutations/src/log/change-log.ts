/**
 * Who made which version of a resource, and of what: the last fifty changes of each, written in their own transactions. From
 * it a conflict tells what happened since a version, and what the resource was then.
 *
 * Changes that were not made as mutations, such as those of the time rules, leave holes, and a hole is told as such.
 */
import {
  decodeTime,
  encodeTime,
  sqlBoolean,
  statement,
  type Truth,
  type TruthTransaction,
  type UtcTime,
} from '@holdfast/truth-db';
import { sql } from 'kysely';
import type { JsonObject } from '../request/json.ts';

/** Who changed something, as others may know it. */
export interface Author {
  readonly id: string;
  readonly name: string;
}

export interface LoggedChange {
  /** The version it made. */
  readonly version: number;
  readonly operation: string;
  readonly isDeletion: boolean;
  readonly by: Author;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Names of the fields that changed. */
  readonly fields: readonly string[];
  /** Their values before, without those of secrets; of a deletion, all. Undefined when they were too large to keep. */
  readonly previous: JsonObject | undefined;
}

/** How many changes of a resource can be told. */
export const changesKept = 50;
/** Old ones are deleted a few at a time, with every tenth change. */
const prunedEach = 10;
const mostCharacters = { paths: 4_000, previous: 8_000 } as const;

const insert = statement(
  () => sql`
    insert into change_log
      (kind, resource_id, version, operation, is_deletion, author_id, author_name, changed_at, paths, previous)
    values (${sql.join(Array.from({ length: 10 }, () => null))})`,
);
const prune = statement(
  () => sql`delete from change_log where kind = ${null} and resource_id = ${null} and version <= ${null}`,
);

export interface LoggedResource {
  readonly kind: string;
  readonly id: string;
}

export async function logChange(
  trx: TruthTransaction,
  { kind, id }: LoggedResource,
  change: LoggedChange,
): Promise<void> {
  const { version, operation, isDeletion, by, at, fields, previous } = change;
  await insert(trx, [
    kind,
    id,
    version,
    operation.slice(0, 128),
    sqlBoolean(isDeletion),
    by.id,
    by.name.slice(0, 128),
    encodeTime(at),
    kept(fields, mostCharacters.paths) ?? '[]',
    previous === undefined ? null : kept(previous, mostCharacters.previous),
  ]);
  if (version % prunedEach === 0 && version > changesKept)
    await prune(trx, [kind, id, version - changesKept]);
}

interface LogRow {
  version: number;
  operation: string;
  is_deletion: number;
  author_id: string;
  author_name: string;
  changed_at: UtcTime;
  paths: string;
  previous: string | null;
}

const columns = sql`version, operation, is_deletion, author_id, author_name, changed_at, paths, previous`;
const between = statement<LogRow>(
  () => sql`
    select ${columns} from change_log
    where kind = ${null} and resource_id = ${null} and version > ${null} and version <= ${null}
    order by version`,
);
const newest = statement<LogRow>(
  () => sql`
    select ${columns} from change_log where kind = ${null} and resource_id = ${null}
    order by version desc limit 1`,
);

/** Those that made the versions after `from` up to `to`, in order; fifty at most, the others are not asked for. */
export async function readChanges(
  db: Truth['db'],
  { kind, id }: LoggedResource,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly LoggedChange[]> {
  const { rows } = await between(db, [kind, id, Math.max(from, to - changesKept), to]);
  return rows.map(changeOf);
}

/** The deletion of a resource, when that is the last that was made of it. */
export async function readDeletion(
  trx: TruthTransaction,
  { kind, id }: LoggedResource,
): Promise<LoggedChange | undefined> {
  const { rows } = await newest(trx, [kind, id]);
  const [last] = rows.map(changeOf);
  return last?.isDeletion === true ? last : undefined;
}

function changeOf(row: LogRow): LoggedChange {
  return {
    version: row.version,
    operation: row.operation,
    isDeletion: row.is_deletion === 1,
    by: { id: row.author_id, name: row.author_name },
    at: decodeTime(row.changed_at),
    fields: JSON.parse(row.paths) as readonly string[],
    previous: row.previous === null ? undefined : (JSON.parse(row.previous) as JsonObject),
  };
}

function kept(value: readonly string[] | JsonObject, most: number): string | null {
  const text = JSON.stringify(value);
  return text.length > most ? null : text;
}
