/** How the gateways stand: their rows, their triggers that wait, their last runs, and whether their NASes can be asked. */
import { type Kysely, sql } from 'kysely';
import type { SqlBoolean, TruthTables } from '../tables.ts';
import type { Truth } from '../truth.ts';
import type { GatewayStanding } from './client-story.ts';

/** Of every gateway, in the order of their names. */
export function readGatewayStandings(truth: Truth): Promise<readonly GatewayStanding[]> {
  return truth.snapshot(readStandings);
}

type StoredStanding = Omit<GatewayStanding, 'nasAddresses' | 'hasNasSecret' | 'waiting'> & {
  readonly hasNasSecret: SqlBoolean;
};

/** Whether there is a secret is asked of the database, so that the secret itself stays there. */
export async function readStandings(trx: Kysely<TruthTables>): Promise<readonly GatewayStanding[]> {
  const { rows } = await sql<StoredStanding>`
    select g.id as "id", g.name as "name", g.layout as "layout", g.device as "device", g.shards as "shards",
           coalesce(s.covered, 0) as "covered", coalesce(c.last_id, 0) as "newestTrigger",
           s.last_outcome as "lastOutcome", s.last_run_at as "lastRunAt", s.last_took_ms as "lastTookMs",
           g.nas_profile as "nasProfile",
           case when g.coa_secret is null or g.coa_secret = '' then 0 else 1 end as "hasNasSecret"
    from gateways g
    left join gateway_state s on s.gateway = g.name
    left join trigger_counters c on c.gateway = g.name
    order by g.name`.execute(trx);
  const standings: GatewayStanding[] = [];
  for (const { hasNasSecret, ...row } of rows) {
    const { name, covered } = row;
    const waiting = await readWaiting(trx, name, covered);
    const nasAddresses = await readNasAddresses(trx, name);
    standings.push({ ...row, ...waiting, nasAddresses, hasNasSecret: hasNasSecret === 1 });
  }
  return standings;
}

/** The oldest is the one with the lowest id: ids follow the order of commits. */
async function readWaiting(
  trx: Kysely<TruthTables>,
  gateway: string,
  covered: number,
): Promise<Pick<GatewayStanding, 'waiting' | 'oldestWaitingAt'>> {
  const waiting = trx.selectFrom('policy_triggers').where('gateway', '=', gateway).where('id', '>', covered);
  const counted = await waiting.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirst();
  const oldest = await waiting.select('created_at').orderBy('id').limit(1).executeTakeFirst();
  return { waiting: Number(counted?.count ?? 0), oldestWaitingAt: oldest?.created_at ?? null };
}

async function readNasAddresses(trx: Kysely<TruthTables>, gateway: string): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('gateway_nas_addresses')
    .select('nas_ip')
    .where('gateway', '=', gateway)
    .orderBy('nas_ip')
    .execute();
  return rows.map(({ nas_ip: nasIp }) => nasIp);
}
