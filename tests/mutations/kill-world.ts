/** One mutation that does all that a mutation can do: connection 1, whose session a gateway holds, is restricted. */
import {
  type Actor,
  connectionEvent,
  type MutationOutcome,
  Mutations,
  type PanelViewer,
  vpnConnectionKind,
} from '@holdfast/mutations';
import { addGateway, encodeTime, migrate, provisionConnection, type Truth } from '@holdfast/truth-db';

const at = Date.UTC(2026, 0, 10);
const connections = vpnConnectionKind({ ownerMay: [] });
const admin: Actor<PanelViewer> = {
  profile: 'panel',
  principal: 'a1',
  name: 'Root',
  viewer: { role: 'admin' },
};

/** The same request however often it is sent. */
export function restriction(truth: Truth): Promise<MutationOutcome> {
  return new Mutations({ truth }).change({
    kind: connections,
    id: '1',
    version: 1,
    operation: 'POST /v1/connections/{id}/restriction',
    clientMutationId: '0190163d-8694-7a3f-9b1e-1f3c5d7e9a0b',
    input: { reason: 'MANUAL' },
    actor: admin,
    change: connectionEvent({ kind: 'restrict', reason: 'MANUAL' }),
  });
}

export async function fillKillWorld(truth: Truth): Promise<void> {
  await migrate(truth);
  await truth.transaction(async (trx) => {
    await addGateway(trx, { name: 'gw', layout: 'shared-device', device: 'wg0' });
    const { id } = await provisionConnection(trx, { at });
    const times = { acquired_at: encodeTime(at), expires_at: encodeTime(at + 365 * 86_400_000) };
    await trx
      .insertInto('active_session_locks')
      .values({ vpn_connection_id: id, session_key: 'key', state: 'held', gateway: 'gw', ...times })
      .execute();
  });
}

/** Everything that the restriction writes, and whether it is there. */
export async function traceOf(truth: Truth): Promise<readonly (string | number)[]> {
  return truth.snapshot(async (trx) => {
    const connection = await trx
      .selectFrom('vpn_connections')
      .select(['version', 'restricted_reason', 'restricted_effective'])
      .executeTakeFirstOrThrow();
    const count = async (
      table: 'mutation_receipts' | 'change_log' | 'tag_generations' | 'policy_triggers',
    ) => {
      const { rows } = await trx
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('rows'))
        .executeTakeFirstOrThrow();
      return Number(rows);
    };
    return [
      connection.version,
      connection.restricted_reason ?? 'none',
      connection.restricted_effective,
      await count('mutation_receipts'),
      await count('change_log'),
      await count('tag_generations'),
      await count('policy_triggers'),
    ];
  });
}

export const untouched = [1, 'none', 0, 0, 0, 0, 0];
export const restricted = [2, 'MANUAL', 1, 1, 1, 2, 1];
