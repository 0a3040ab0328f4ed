/**
 * Fills truth with many connections by a few statements that make their rows themselves, the same on every engine. Ids are
 * 1 to the number of connections; one in four has a session on the first gateway, one in eight on another, one in eight a
 * released one, a few of the held ones are over, and one in four has had four sessions before.
 */
import { addGateway, encodeTime, hashToken, type Truth, type TruthTransaction } from '@holdfast/truth-db';
import { sql } from 'kysely';

export const filledAt = Date.UTC(2026, 0, 10, 12);
const dayMs = 86_400_000;
const never = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const otherGateways = 20;

/** @param count - up to a million */
export async function fillConnections(truth: Truth, count: number): Promise<void> {
  await truth.transaction(async (trx) => {
    for (let number = 0; number <= otherGateways; number += 1) {
      await addGateway(trx, { name: `gw${number}`, layout: 'shared-device', device: 'wg0' });
    }
    await addConnections(trx, count);
    await addSessions(trx);
    await addHistory(trx);
  });
  await refreshStatistics(truth);
}

/** User name and claim token of a connection. */
export function namesOf(id: number): { readonly userName: string; readonly token: string } {
  return { userName: `user-${id}`, token: `token-${id}` };
}

async function addConnections(trx: TruthTransaction, count: number): Promise<void> {
  const digits = sql`(select 0 as d ${sql.join(
    Array.from({ length: 9 }, (_value, index) => sql`union all select ${sql.lit(index + 1)}`),
    sql` `,
  )})`;
  const at = encodeTime(filledAt);
  await sql`
    insert into vpn_connections (id, token, created_at, status, unclaimed_grace_until, claim_deadline,
      restricted_reason, restricted_effective, radius_username, down_kbit, last_seen_at)
    select i, concat('unclaimed-', i), ${at},
           'PREPROVISIONED',
           case when i % 3 = 0 then ${encodeTime(filledAt - dayMs)} else ${encodeTime(filledAt + 30 * dayMs)} end,
           ${encodeTime(filledAt + 180 * dayMs)},
           case when i % 20 = 0 then 'QUOTA' else null end, case when i % 20 = 0 then 1 else 0 end,
           concat('user-', i), case when i % 5 = 0 then null else 10000 end, ${at}
    from (select 1 + d0.d + 10 * d1.d + 100 * d2.d + 1000 * d3.d + 10000 * d4.d + 100000 * d5.d as i
          from ${digits} d0 cross join ${digits} d1 cross join ${digits} d2
          cross join ${digits} d3 cross join ${digits} d4 cross join ${digits} d5) numbers
    where i <= ${count}`.execute(trx);
}

async function addSessions(trx: TruthTransaction): Promise<void> {
  const [at, soon, over] = [filledAt, filledAt + dayMs, filledAt - 1_000].map(encodeTime);
  await sql`
    insert into active_session_locks (vpn_connection_id, session_key, acquired_at, expires_at, state, release_reason,
      gateway, nas_ip, framed_ip, acct_session_id, holder_token, request_vector, confirmed_at, shaping_slot)
    select id, concat('key-', id), ${at},
           case when id % 8 = 3 then ${encodeTime(never)} when id % 500 = 0 then ${over} else ${soon} end,
           case when id % 8 = 3 then 'released' else 'held' end,
           case when id % 8 = 3 then 'user-request' else null end,
           case when id % 4 = 0 then 'gw0' else concat('gw', 1 + id % ${sql.lit(otherGateways)}) end,
           concat('192.0.2.', id % 200),
           concat('10.', (id >> 16) & 255, '.', (id >> 8) & 255, '.', id & 255),
           concat('acct-', id), concat('holder-', id), concat('vector-', id), ${at},
           case when id % 8 = 3 then null else (id & 255) * 65536 + 1 + (id >> 8) end
    from vpn_connections where id % 4 = 0 or id % 8 in (1, 3)`.execute(trx);
}

async function addHistory(trx: TruthTransaction): Promise<void> {
  const at = encodeTime(filledAt);
  await sql`
    insert into released_sessions (vpn_connection_id, session_key, gateway, nas_ip, acct_session_id, holder_token,
      acquired_at, released_at, release_reason)
    select id, concat('key-', id), 'gw0', '192.0.2.1', concat('old-', id, '-', n), concat('ended-', id, '-', n),
           ${at}, ${at}, 'stop'
    from vpn_connections
    cross join (select 1 as n union all select 2 union all select 3 union all select 4) four
    where id % 4 = 0`.execute(trx);
  await sql`
    insert into policy_triggers (gateway, id, reason, vpn_connection_id, created_at)
    select 'gw0', id, 'ip-up', id, ${at} from vpn_connections`.execute(trx);
  await sql`update trigger_counters set last_id = (select max(id) from vpn_connections) where gateway = 'gw0'`.execute(
    trx,
  );
  await sql`update vpn_connections set token = ${hashToken(namesOf(1).token)} where id = 1`.execute(trx);
}

async function refreshStatistics(truth: Truth): Promise<void> {
  for (const table of ['vpn_connections', 'active_session_locks', 'released_sessions', 'policy_triggers']) {
    const keyword = truth.dialect.engine === 'sqlite' ? 'analyze' : 'analyze table';
    await sql.raw(`${keyword} ${table}`).execute(truth.db);
  }
}
