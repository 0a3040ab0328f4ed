/** A few rows to begin a test of truth with. Everything in it happens at `now` of `session-world.ts`. */
import { addGateway, provisionConnection, type SessionStart, type Truth } from '../index.ts';
import { hourMs, now } from './session-world.ts';

/** A start on the gateway `gw`, in shard 0. */
export function startOf(vpnConnectionId: number): SessionStart {
  return {
    gateway: 'gw',
    vpnConnectionId,
    sessionKey: `key-${vpnConnectionId}`,
    framedIp: '198.51.100.0',
    at: now,
    expiresAt: now + hourMs,
  };
}

/** A gateway with four shards. */
export async function withGateway(truth: Truth, name: string): Promise<void> {
  await truth.transaction((trx) =>
    addGateway(trx, { name, layout: 'shared-device', device: 'wg0', shards: 4 }),
  );
}

/** @returns the ids of new connections */
export async function withConnections(truth: Truth, count: number): Promise<number[]> {
  return truth.transaction(async (trx) => {
    const ids: number[] = [];
    for (let made = 0; made < count; made += 1) ids.push((await provisionConnection(trx, { at: now })).id);
    return ids;
  });
}

export async function connectionOf(truth: Truth, id: number): Promise<object> {
  return truth.db.selectFrom('vpn_connections').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}
