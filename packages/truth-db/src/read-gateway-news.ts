/**
 * Reads what the triggers since a run are about, in one snapshot: the input of a run that knows everything else. It costs
 * what changed, not what there is.
 */
import type { GatewayRow, SessionRow } from './gateway-snapshot.ts';
import { readGateway, readSessions } from './read-gateway-snapshot.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { decodeTime, type Moment } from './utc-time.ts';

/** The last run of a gateway, as truth has it. */
export interface LastRun {
  readonly covered: number;
  readonly digest: string | null;
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface GatewayNews {
  readonly gateway: GatewayRow;
  readonly newestTrigger: number;
  /** Undefined before the first one. */
  readonly lastRun: LastRun | undefined;
  /** Connections that triggers after `since` name; undefined when one names none, or they are too many. */
  readonly connections: readonly number[] | undefined;
  /** What these connections have at the gateway now: held and not expired. */
  readonly sessions: readonly SessionRow[];
}

/** After more of them, everything is read faster. */
const mostTriggers = 500;

/**
 * @param since - id of a trigger: those after it are looked at
 * @param now - milliseconds since the Unix epoch, or a Date
 * @returns undefined when truth has no such gateway
 */
export async function readGatewayNews(
  truth: Truth,
  gatewayName: string,
  { since, now }: { readonly since: number; readonly now: Moment },
): Promise<GatewayNews | undefined> {
  return truth.snapshot(async (trx) => {
    const head = await readGateway(trx, gatewayName);
    if (head === undefined) return undefined;
    const connections = await connectionsSince(trx, gatewayName, since);
    return {
      ...head,
      lastRun: await lastRunOf(trx, gatewayName),
      connections,
      sessions: connections?.length ? await readSessions(trx, gatewayName, now, connections) : [],
    };
  });
}

async function connectionsSince(
  trx: TruthTransaction,
  gateway: string,
  since: number,
): Promise<readonly number[] | undefined> {
  const rows = await trx
    .selectFrom('policy_triggers')
    .select('vpn_connection_id')
    .where('gateway', '=', gateway)
    .where('id', '>', since)
    .limit(mostTriggers + 1)
    .execute();
  const named = rows.map(({ vpn_connection_id: id }) => id).filter((id) => id !== null);
  return named.length < rows.length || rows.length > mostTriggers ? undefined : [...new Set(named)];
}

async function lastRunOf(trx: TruthTransaction, gateway: string): Promise<LastRun | undefined> {
  const row = await trx
    .selectFrom('gateway_state')
    .select(['covered', 'last_digest', 'last_run_at'])
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  if (row?.last_run_at == null) return undefined;
  return { covered: row.covered, digest: row.last_digest, at: decodeTime(row.last_run_at) };
}

/** How many connections the triggers of a gateway name that no run has covered. */
export async function countConnectionsInNews(truth: Truth, gateway: string): Promise<number> {
  const row = await truth.db
    .selectFrom('policy_triggers as t')
    .innerJoin('gateway_state as s', 's.gateway', 't.gateway')
    .select(({ fn }) => fn.count<number>('t.vpn_connection_id').distinct().as('connections'))
    .where('t.gateway', '=', gateway)
    .whereRef('t.id', '>', 's.covered')
    .executeTakeFirst();
  return Number(row?.connections ?? 0);
}
