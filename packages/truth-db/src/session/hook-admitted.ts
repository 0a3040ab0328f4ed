/**
 * What a hook tells about a session that RADIUS has admitted. The session is its holder's: a hook adds the device and the
 * addresses that accounting has not told, and takes nothing away. It reports the beginning of a session that still waits
 * for its Start, too, so that a gateway without accounting has its policy.
 */
import { recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime } from '../utc-time.ts';
import { confirmSession } from './confirm-session.ts';
import { isTooLate } from './hook-ended.ts';
import type { HookDown, HookUp } from './hook-event.ts';
import type { HookIdentity } from './hook-identity.ts';
import { busyWith, type HookOutcome } from './hook-outcome.ts';
import { releaseSession } from './release-session.ts';
import type { StoredLock } from './session-lock.ts';

/** The mapper and the gateway may be two machines, whose clocks agree this well. */
const clockToleranceMs = 1_000;

/** Until an Interim-Update has to come, as after a Start: three of its usual intervals. */
const lastsMs = 15 * 60_000;

export async function completeAdmitted(
  trx: TruthTransaction,
  held: StoredLock,
  up: HookUp,
  identity: HookIdentity,
): Promise<HookOutcome> {
  if (held.holder_token === null) return busyWith(held);
  if (identity.at < decodeTime(held.acquired_at) - clockToleranceMs)
    return { kind: 'late', because: 'superseded' };
  const because = await isTooLate(trx, up, identity, { isAdmitted: true });
  if (because !== undefined) return { kind: 'late', because };
  const told = whatIsNew(held, up, identity);
  const confirmed = await confirmSession(trx, {
    vpnConnectionId: up.vpnConnectionId,
    holder: { holderToken: held.holder_token },
    ...told,
    at: up.at,
    expiresAt: identity.at + lastsMs,
  });
  if (confirmed.kind !== 'confirmed') return busyWith(held);
  if (confirmed.triggers.length > 0) return { kind: 'completed', triggers: confirmed.triggers };
  if (await isRecorded(trx, up)) return { kind: 'unchanged' };
  const { gateway, vpnConnectionId, at } = up;
  return {
    kind: 'completed',
    triggers: await recordTriggers(trx, [{ gateway, reason: 'ip-up', vpnConnectionId, at }]),
  };
}

/** What accounting has not told; and all of it when the event is newer than what was told last. */
function whatIsNew(held: StoredLock, up: HookUp, identity: HookIdentity) {
  const isNewer = held.confirmed_at !== null && identity.at > decodeTime(held.confirmed_at);
  const unlessKnown = (known: string | null, said: string | null | undefined) =>
    known === null || isNewer ? (said ?? null) : null;
  return {
    framedIp: unlessKnown(held.framed_ip, up.framedIp),
    framedIpv6: unlessKnown(held.framed_ipv6, up.framedIpv6),
    ifname: unlessKnown(held.ifname, up.ifname),
  };
}

/** Whether this very event, known by its moment, has left its trigger: then it is ingested again. */
async function isRecorded(trx: TruthTransaction, { gateway, vpnConnectionId, at }: HookUp): Promise<boolean> {
  const row = await trx
    .selectFrom('policy_triggers')
    .select('id')
    .where('gateway', '=', gateway)
    .where('vpn_connection_id', '=', vpnConnectionId)
    .where('created_at', '=', encodeTime(at))
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Ends a session that RADIUS has admitted when it is the one that the hook names: on the same device, with the same
 * address, begun before. Accounting says so as well; a Stop that is lost is lost no more.
 *
 * @returns undefined when it is another session, or cannot be told from another
 */
export async function endAdmitted(
  trx: TruthTransaction,
  held: StoredLock,
  down: HookDown,
  identity: HookIdentity,
): Promise<HookOutcome | undefined> {
  const hasSameAddress =
    (held.framed_ip !== null && held.framed_ip === down.framedIp) ||
    (held.framed_ipv6 !== null && held.framed_ipv6 === down.framedIpv6);
  const hasSameDevice = held.ifname === null || down.ifname == null || held.ifname === down.ifname;
  const hasBegun = held.confirmed_at !== null && decodeTime(held.confirmed_at) <= identity.at;
  if (!hasSameAddress || !hasSameDevice || !hasBegun || held.holder_token === null) return undefined;
  const { vpnConnectionId, at } = down;
  const holder = { holderToken: held.holder_token };
  const released = await releaseSession(trx, { vpnConnectionId, holder, reason: 'ip-down', at });
  return released.kind === 'released' ? { kind: 'ended', triggers: released.triggers } : undefined;
}
