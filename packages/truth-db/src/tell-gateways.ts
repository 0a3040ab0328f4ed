/**
 * Which gateways have to hear of a change of connections: those that hold a session of one of them. A connection that is
 * not connected concerns nobody until it connects, which is a trigger of its own.
 */
import { chunksOf } from './chunks.ts';
import { recordTriggers, type Trigger } from './trigger.ts';
import type { TruthTransaction } from './truth.ts';

/**
 * Gateways that hold a session of `vpnConnectionIds`, in order. Read it after the change was written: from then on this
 * transaction has the connections locked, and a session that begins either has begun and is seen, or waits and sees the
 * change.
 */
export async function gatewaysHolding(
  trx: TruthTransaction,
  vpnConnectionIds: readonly number[],
): Promise<readonly string[]> {
  const gateways = new Set<string>();
  for (const ids of chunksOf(vpnConnectionIds)) {
    const rows = await trx
      .selectFrom('active_session_locks')
      .select('gateway')
      .where('vpn_connection_id', 'in', ids)
      .where('state', '=', 'held')
      .execute();
    for (const { gateway } of rows) if (gateway !== null) gateways.add(gateway);
  }
  return [...gateways].toSorted();
}

/** Records one trigger for each of `gateways`: the last statements of a transaction, as in `recordTriggers`. */
export async function tellGateways(
  trx: TruthTransaction,
  gateways: Iterable<string>,
  trigger: Omit<Trigger, 'gateway'>,
): Promise<void> {
  await recordTriggers(
    trx,
    [...new Set(gateways)].map((gateway) => ({ ...trigger, gateway })),
  );
}
