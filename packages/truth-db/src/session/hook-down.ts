/**
 * A hook says that a session has ended. It ends exactly the session that it names; another one of the same connection,
 * device or address goes on. An end that overtook its start is remembered, so that the session does not begin afterwards.
 */
import type { SessionAddress } from '../shaping-slot.ts';
import { recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime } from '../utc-time.ts';
import { allotSlot } from './allot-slot.ts';
import { endLocks } from './end-locks.ts';
import { endAdmitted } from './hook-admitted.ts';
import { rememberEnd } from './hook-ended.ts';
import type { HookDown } from './hook-event.ts';
import { type HookIdentity, hookIdentity, isHookKey, readIdentity, storedIdentity } from './hook-identity.ts';
import type { HookOutcome } from './hook-outcome.ts';
import { lockSession, type StoredLock } from './session-lock.ts';

/** Ends the session that `down` names, if it is held and began before. */
export async function reportSessionDown(trx: TruthTransaction, down: HookDown): Promise<HookOutcome> {
  const identity = hookIdentity(down);
  const lock = await lockSession(trx, down.vpnConnectionId);
  const held = lock?.state === 'held' && lock.gateway === down.gateway ? lock : undefined;
  const outcome = held === undefined ? undefined : await endHeld(trx, held, down, identity);
  if (outcome !== undefined) return outcome;
  const isNew = await rememberEnd(trx, down, identity);
  return isNew ? { kind: 'remembered' } : { kind: 'late', because: 'ended' };
}

/** @returns undefined when another session than the one that is named is held */
async function endHeld(
  trx: TruthTransaction,
  held: StoredLock,
  down: HookDown,
  identity: HookIdentity,
): Promise<HookOutcome | undefined> {
  if (!isHookKey(held.session_key)) return endAdmitted(trx, held, down, identity);
  const stored = readIdentity(held.acct_session_id);
  if (stored?.name !== identity.name) return undefined;
  if (identity.clock < (stored.start ?? 0)) return { kind: 'late', because: 'superseded' };
  return end(trx, held, down, identity);
}

async function end(
  trx: TruthTransaction,
  held: StoredLock,
  down: HookDown,
  identity: HookIdentity,
): Promise<HookOutcome> {
  const left = {
    framedIp: down.part === 6 ? held.framed_ip : null,
    framedIpv6: down.part === 4 ? held.framed_ipv6 : null,
  };
  const isReduced = left.framedIp !== null || left.framedIpv6 !== null;
  if (isReduced) {
    const isGone = down.part === 6 ? held.framed_ipv6 === null : held.framed_ip === null;
    if (isGone) return { kind: 'unchanged' };
    await giveUpAddresses(trx, held, left);
  } else {
    const start = readIdentity(held.acct_session_id)?.start;
    const named = { ...held, acct_session_id: storedIdentity(identity.name, start, identity.clock) };
    await endLocks(trx, [named], { reason: 'ip-down', at: encodeTime(identity.at) });
  }
  const { gateway, vpnConnectionId, at } = down;
  const triggers = await recordTriggers(trx, [{ gateway, reason: 'ip-down', vpnConnectionId, at }]);
  return { kind: isReduced ? 'reduced' : 'ended', triggers };
}

/** Leaves a held session with these addresses only, and with the slot that goes with them. */
async function giveUpAddresses(trx: TruthTransaction, lock: StoredLock, left: SessionAddress): Promise<void> {
  const { id, gateway } = lock;
  const shapingSlot =
    gateway === null ? null : await allotSlot(trx, { gateway, address: left, current: lock });
  await trx
    .updateTable('active_session_locks')
    .set({ framed_ip: left.framedIp, framed_ipv6: left.framedIpv6, shaping_slot: shapingSlot })
    .where('id', '=', id)
    .where('state', '=', 'held')
    .execute();
}
