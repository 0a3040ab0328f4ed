/** The gateways as truth has them: what they are, how many sessions they hold, and how far their runs have got. */
import type { Gateway } from '@holdfast/panel-client/schema';
import { encodeTime, type Moment, type Truth } from '@holdfast/truth-db';

/**
 * @param name - of the only one that is asked for
 * @returns in the order of their names
 */
export async function readGatewayRows(truth: Truth, at: Moment, name?: string): Promise<readonly Gateway[]> {
  const gateways = truth.db
    .selectFrom('gateways')
    .leftJoin('gateway_state', 'gateway_state.gateway', 'gateways.name')
    .leftJoin('trigger_counters', 'trigger_counters.gateway', 'gateways.name')
    .select(['name', 'layout', 'device', 'last_id', 'covered', 'last_outcome', 'last_run_at', 'last_took_ms'])
    .select((eb) =>
      eb
        .selectFrom('active_session_locks as held')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('held.gateway', '=', 'gateways.name')
        .where('held.state', '=', 'held')
        .where('held.expires_at', '>', encodeTime(at))
        .as('sessions'),
    )
    .orderBy('name');
  const rows = await (name === undefined ? gateways : gateways.where('name', '=', name)).execute();
  return rows.map((row) => ({
    name: row.name,
    layout: row.layout,
    device: row.device,
    sessions: Number(row.sessions),
    newestTrigger: row.last_id ?? 0,
    covered: row.covered ?? 0,
    lastOutcome: row.last_outcome,
    lastRunAt: row.last_run_at,
    lastTookMs: row.last_took_ms,
  }));
}
