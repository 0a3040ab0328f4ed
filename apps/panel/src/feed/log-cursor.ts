/**
 * Reads the change log forward and misses nothing, although no column of it is in the order of commits: `changed_at` is taken
 * before the commit, by clocks of several hosts.
 *
 * So a stretch of the log is read that reaches back further than a transaction lasts, and what was read before is left out. That
 * this was all is not believed but counted: every mutation counts the tag of its kind in its own transaction, and both are read
 * in one snapshot. As many new lines as counts: nothing is missing. Any other number, and the answer is `lost`: read everything
 * again. So it is after a long time without the database, with a clock that is off by more than the overlap, and after what touches
 * many without a line for each, such as the suspension of a customer, which counts the tag of connections too.
 */
import { encodeTime, statement, type TruthTransaction } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { type FeedStanding, feedKinds } from './feed-standing.ts';

export interface LoggedMutation {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly isDeletion: boolean;
  readonly by: { readonly id: string; readonly name: string };
}

export type LogNews =
  | { readonly kind: 'told'; readonly changes: readonly LoggedMutation[] }
  | { readonly kind: 'lost' };

const kinds: ReadonlySet<string> = new Set(feedKinds);
/** Longer than a transaction may wait for the database, and be run again, since it took its time. */
const overlapMs = 10_000;
/** Changes of one look: more than a client would follow one by one. */
const mostTold = 500;
/** Lines of a stretch: several times what a database commits in that time. */
const mostLines = 20_000;

/** How far the log was read. */
export interface LogCursor {
  /** Milliseconds since the Unix epoch: where the next stretch begins. */
  readonly fromMs: number;
  readonly generations: FeedStanding['generations'];
  /** What the last stretch has told, by kind, id and version. */
  readonly known: ReadonlySet<string>;
}

export interface LogStep {
  readonly cursor: LogCursor;
  readonly news: LogNews;
}

/**
 * @param trx - the snapshot from which the generations are
 * @param cursor - of the step before; undefined for the first, which tells nothing
 * @param nowMs - milliseconds since the Unix epoch
 */
export async function readLogNews(
  trx: TruthTransaction,
  {
    cursor,
    generations,
    nowMs,
  }: Pick<LogCursor, 'generations'> & { cursor: LogCursor | undefined; nowMs: number },
): Promise<LogStep> {
  const expected = cursor === undefined ? 0 : growth(cursor.generations, generations);
  if (cursor !== undefined && expected === 0) return { cursor, news: { kind: 'told', changes: [] } };
  // A clock that was set back begins anew: its stretch would find old lines that were not read before.
  const isAnew = cursor === undefined || nowMs < cursor.fromMs;
  const sinceMs = isAnew ? nowMs - overlapMs : cursor.fromMs;
  const lines = await readLines(trx, sinceMs);
  const next = {
    fromMs: Math.max(sinceMs, nowMs - overlapMs),
    generations,
    known: new Set(lines.map(keyOf)),
  };
  const changes = lines.filter((line) => cursor?.known.has(keyOf(line)) === false);
  const isAll = changes.length === expected && expected <= mostTold;
  if (cursor === undefined) return { cursor: next, news: { kind: 'told', changes: [] } };
  return { cursor: next, news: !isAnew && isAll ? { kind: 'told', changes } : { kind: 'lost' } };
}

/** How many mutations were counted; a database that was put back counts down, which no number of lines equals. */
function growth(before: FeedStanding['generations'], after: FeedStanding['generations']): number {
  const steps = [...after].map(([kind, generation]) => generation - (before.get(kind) ?? 0));
  return steps.some((step) => step < 0) ? -1 : steps.reduce((sum, step) => sum + step, 0);
}

interface LogRow {
  kind: string;
  resource_id: string;
  version: number;
  is_deletion: number;
  author_id: string;
  author_name: string;
}

/** The kinds are picked out afterwards: a condition on them would tempt an engine to read all of the log by its primary key. */
const stretch = statement<LogRow>(
  ({ byIndex }) => sql`
    select kind, resource_id, version, is_deletion, author_id, author_name
    from change_log ${byIndex('ix_change_log_changed_at')}
    where changed_at >= ${null} order by changed_at limit ${sql.lit(mostLines)}`,
);

async function readLines(trx: TruthTransaction, fromMs: number): Promise<readonly LoggedMutation[]> {
  const { rows } = await stretch(trx, [encodeTime(Math.max(0, fromMs))]);
  return rows
    .filter(({ kind }) => kinds.has(kind))
    .map((row) => ({
      kind: row.kind,
      id: row.resource_id,
      version: row.version,
      isDeletion: row.is_deletion === 1,
      by: { id: row.author_id, name: row.author_name },
    }));
}

function keyOf({ kind, id, version }: LoggedMutation): string {
  return `${kind} ${id} ${version}`;
}
