/**
 * The log of changes, newest first. Of the lines of one moment the order is that of their keys, so that a page ends between two of
 * them and never in the middle of one.
 */
import type { JsonObject } from '@holdfast/mutations';
import type { AuditEntry, AuditPage } from '@holdfast/panel-client/schema';
import { decodeTime, type Truth, type UtcTime } from '@holdfast/truth-db';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { allOf } from '../app/count-most.ts';
import { givenTime } from '../app/given-time.ts';
import { decodeCursor, encodeCursor } from '../app/page-cursor.ts';

export interface LogQuery {
  readonly conditions: readonly RawBuilder<SqlBool>[];
  readonly cursor: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly operation: string;
  readonly isDeletion: number;
  readonly authorId: string;
  readonly authorName: string;
  readonly at: UtcTime;
  readonly paths: string;
  readonly previous: string | null;
}

const sort = 'newest';

/** @throws InvalidInput - the cursor is none of the log */
export async function readLog(db: Truth['db'], { conditions, cursor, limit }: LogQuery): Promise<AuditPage> {
  const all = cursor === undefined ? conditions : [...conditions, behind(cursor)];
  const { rows } = await sql<Row>`
    select kind as "kind", resource_id as "id", version as "version", operation as "operation",
           is_deletion as "isDeletion", author_id as "authorId", author_name as "authorName",
           changed_at as "at", paths as "paths", previous as "previous"
    from change_log where ${allOf(all)}
    order by changed_at desc, kind desc, resource_id desc, version desc limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(entryOf),
    next: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
}

function entryOf({ isDeletion, authorId, authorName, paths, previous, ...line }: Row): AuditEntry {
  return {
    ...line,
    isDeletion: isDeletion === 1,
    by: { id: authorId, name: authorName },
    paths: JSON.parse(paths) as string[],
    previous: previous === null ? null : (JSON.parse(previous) as AuditEntry['previous'] & JsonObject),
  };
}

function cursorOf({ at, kind, id, version }: Row): string {
  return encodeCursor(sort, [decodeTime(at), kind, id, version]);
}

function behind(cursor: string): RawBuilder<SqlBool> {
  const [ms, kind, id, version] = decodeCursor(cursor, sort, [0, '', '', 0]);
  const at = givenTime(ms);
  // The first condition says less than the second, and is the one that an index can follow.
  return sql`(changed_at <= ${at} and (changed_at < ${at} or (kind, resource_id, version) < (${kind}, ${id}, ${version})))`;
}
