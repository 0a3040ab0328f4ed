/**
 * Where everything stands that events are about, in one statement of a few index entries: how often each kind was changed, the
 * newest trigger and the last run of each gateway, the newest session that has ended. Two standings that are equal have no
 * event between them.
 *
 * Of these only the counts of kinds and triggers are counted in the order of commits; nothing that must not be missed hangs on
 * the others. A session that waits for its start has no trigger yet: it is told of with its start.
 */
import { type EngineSql, engineSql, type Statement, statement, type Truth } from '@holdfast/truth-db';
import { type RawBuilder, sql } from 'kysely';

export interface FeedStanding {
  /** Mutations of each kind so far. */
  readonly generations: ReadonlyMap<string, number>;
  /** Equal texts: no session has begun or ended. */
  readonly sessions: string;
  /** By name, when its last run was. */
  readonly runs: ReadonlyMap<string, string>;
}

/** The kinds whose changes are told: the tags that every mutation of them counts. */
export const feedKinds = ['customer', 'vpn_connection', 'session'] as const;

type Part = 'kind' | 'trigger' | 'run' | 'ended';
interface StandingRow {
  part: Part;
  name: string;
  mark: string | null;
}

const standing = statement<StandingRow>(
  () => sql`
    select 'kind' as part, tag as name, cast(generation as char(32)) as mark from tag_generations
    where tag in (${sql.join(feedKinds.map(() => null))})
    union all select 'trigger', gateway, cast(last_id as char(32)) from trigger_counters
    union all select 'run', gateway, cast(last_run_at as char(32)) from gateway_state
    union all select 'ended', '', cast(max(id) as char(32)) from released_sessions`,
);

export async function readStanding(db: Truth['db']): Promise<FeedStanding> {
  const { rows } = await standing(db, feedKinds);
  const marksOf = (wanted: Part) =>
    new Map(rows.flatMap(({ part, name, mark }) => (part === wanted ? [[name, mark ?? ''] as const] : [])));
  const generations = [...marksOf('kind')].map(([kind, mark]) => [kind, Number(mark)] as const);
  const sessions = rows.filter(({ part }) => part === 'trigger' || part === 'ended');
  return {
    generations: new Map(generations),
    sessions: sessions
      .map(({ name, mark }) => `${name} ${mark ?? ''}`)
      .toSorted()
      .join('\n'),
    runs: marksOf('run'),
  };
}

/**
 * The cheapest question whose answer changes with every commit: SQLite says it of its file and of its own connection; a server
 * is asked for the standing itself.
 */
export async function readQuickMark(db: Truth['db']): Promise<string> {
  if (engineSql(db).hasRowLocks) {
    const { rows } = await standing(db, feedKinds);
    return JSON.stringify(rows.toSorted(byName));
  }
  const { rows } = await fileMark(db, []);
  return JSON.stringify(rows);
}

const fileMark: Statement<{ data_version: number; own: number }> = statement(
  (_engine: EngineSql): RawBuilder<{ data_version: number; own: number }> =>
    sql`select data_version, total_changes() as own from pragma_data_version`,
);

function byName(one: StandingRow, other: StandingRow): number {
  return `${one.part} ${one.name}` < `${other.part} ${other.name}` ? -1 : 1;
}
