/**
 * A hook says that a session is there: with an address, on a device. Where RADIUS has admitted it, the session is only
 * completed; on a gateway without RADIUS it begins here, under the name that the daemon gives it.
 *
 * This is bookkeeping, not admission, as `startSession` is: the client is connected, so what has to be refused is refused
 * by the policy of its address, which needs the session in truth.
 */
import { holdCounters, recordTriggers, type Trigger } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime } from '../utc-time.ts';
import { endEarlierOwners, type OwnColumns } from './end-earlier-owners.ts';
import { endLocks } from './end-locks.ts';
import { completeAdmitted } from './hook-admitted.ts';
import { isTooLate } from './hook-ended.ts';
import type { HookUp } from './hook-event.ts';
import {
  type HookIdentity,
  hookIdentity,
  hookKey,
  isBefore,
  isHookKey,
  readIdentity,
  storedIdentity,
} from './hook-identity.ts';
import { busyWith, type HookOutcome } from './hook-outcome.ts';
import { isFollowed, lockSession, type StoredLock } from './session-lock.ts';
import { startSession } from './start-session.ts';
import { toldAddress } from './told-address.ts';

/** No sign of life follows from a hook, so its session lasts until its end, or the next one, is reported. */
const lastsMs = 365 * 86_400_000;

/**
 * Completes or starts the session that `up` names, unless it has ended or a later one has begun. The same event again
 * changes nothing. On a gateway with NAS addresses only RADIUS begins sessions.
 *
 * @throws HoldfastError CAPACITY - the shard of the address is full
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError TRUTH_INVALID - not an address, or truth has no such connection
 */
export async function reportSessionUp(trx: TruthTransaction, up: HookUp): Promise<HookOutcome> {
  const identity = hookIdentity(up);
  const lock = await lockSession(trx, up.vpnConnectionId);
  const held = lock?.state === 'held' ? lock : undefined;
  const isElsewhere = held !== undefined && held.gateway !== null && held.gateway !== up.gateway;
  if (isElsewhere && decodeTime(held.expires_at) > identity.at) return busyWith(held);
  if (held !== undefined && !isElsewhere) {
    if (!isHookKey(held.session_key)) return completeAdmitted(trx, held, up, identity);
    if (readIdentity(held.acct_session_id)?.name === identity.name) return goOn(trx, held, up, identity);
  }
  return begin(trx, held, up, identity);
}

/** One and the same session: an event that is no older than its start tells more, or that it has started anew. */
async function goOn(
  trx: TruthTransaction,
  held: StoredLock,
  up: HookUp,
  identity: HookIdentity,
): Promise<HookOutcome> {
  const start = readIdentity(held.acct_session_id)?.start ?? 0;
  if (identity.clock < start) return { kind: 'late', because: 'superseded' };
  const own = ownOf(up, held);
  const acctSessionId = storedIdentity(identity.name, up.verb === 'up' ? identity.clock : start);
  const news = newsIn(own, held);
  if (held.acct_session_id === acctSessionId && Object.values(news).every((value) => value === null))
    return { kind: 'unchanged' };
  const reused = await endOwnersBefore(trx, up, identity, news);
  if (reused === 'late') return { kind: 'late', because: 'superseded' };
  await write(trx, up, own, acctSessionId);
  return { kind: 'completed', triggers: await recordTriggers(trx, [...reused, tellingOf(up, up.gateway)]) };
}

/** A session that is not known, in place of an earlier one. */
async function begin(
  trx: TruthTransaction,
  held: StoredLock | undefined,
  up: HookUp,
  identity: HookIdentity,
): Promise<HookOutcome> {
  const because = (await isTooLate(trx, up, identity, { isAdmitted: false })) ?? supersededBy(held, identity);
  if (because !== undefined) return { kind: 'late', because };
  if (held === undefined && (await isAdmittedByRadius(trx, up.gateway))) return { kind: 'unadmitted' };
  const elsewhere =
    held !== undefined && isFollowed(held) && held.gateway !== up.gateway ? [held.gateway] : [];
  // All that this transaction needs, in their order, before it takes one of them.
  if (elsewhere.length > 0) await holdCounters(trx, [up.gateway, ...elsewhere]);
  const own = ownOf(up, undefined);
  const reused = await endOwnersBefore(trx, up, identity, own);
  if (reused === 'late') return { kind: 'late', because: 'superseded' };
  if (held !== undefined) {
    const reason = held.gateway === up.gateway ? 'reconnected' : 'expired';
    await endLocks(trx, [held], { reason, at: encodeTime(identity.at) });
  }
  await write(trx, up, own, storedIdentity(identity.name, identity.clock));
  const told = [up.gateway, ...elsewhere].map((gateway) => tellingOf(up, gateway));
  return { kind: 'started', triggers: await recordTriggers(trx, [...reused, ...told]) };
}

function supersededBy(held: StoredLock | undefined, identity: HookIdentity): 'superseded' | undefined {
  if (held === undefined) return undefined;
  const isEarlier = isBefore(identity, readIdentity(held.acct_session_id), held.acquired_at);
  return isEarlier ? 'superseded' : undefined;
}

/** Whether sessions of the gateway are RADIUS's to begin: one that hooks have begun would keep its client from the next login. */
async function isAdmittedByRadius(trx: TruthTransaction, gateway: string): Promise<boolean> {
  const address = await trx
    .selectFrom('gateway_nas_addresses')
    .select('nas_ip')
    .where('gateway', '=', gateway)
    .limit(1)
    .executeTakeFirst();
  return address !== undefined;
}

function ownOf(up: HookUp, held: StoredLock | undefined): OwnColumns {
  const { framed_ip, framed_ipv6 } = toldAddress(up);
  return {
    framed_ip: framed_ip ?? held?.framed_ip ?? null,
    framed_ipv6: framed_ipv6 ?? held?.framed_ipv6 ?? null,
    ifname: up.ifname ?? held?.ifname ?? null,
  };
}

function newsIn(own: OwnColumns, held: StoredLock): OwnColumns {
  const isNew = (column: keyof OwnColumns) => (own[column] === held[column] ? null : own[column]);
  return { framed_ip: isNew('framed_ip'), framed_ipv6: isNew('framed_ipv6'), ifname: isNew('ifname') };
}

/** Two sessions of hooks are told apart by the clock of their boot, others by the wall clock. */
async function endOwnersBefore(
  trx: TruthTransaction,
  { gateway, vpnConnectionId, at }: HookUp,
  identity: HookIdentity,
  news: OwnColumns,
): Promise<readonly Trigger[] | 'late'> {
  return endEarlierOwners(trx, {
    gateway,
    vpnConnectionId,
    news,
    isOlderThan: (owner) =>
      isBefore(identity, readIdentity(owner.acct_session_id), owner.confirmed_at ?? owner.acquired_at),
    at,
  });
}

async function write(
  trx: TruthTransaction,
  up: HookUp,
  own: OwnColumns,
  acctSessionId: string,
): Promise<void> {
  const { gateway, vpnConnectionId, at } = up;
  await startSession(trx, {
    gateway,
    vpnConnectionId,
    sessionKey: hookKey(up),
    framedIp: own.framed_ip,
    framedIpv6: own.framed_ipv6,
    ifname: own.ifname,
    acctSessionId,
    at,
    expiresAt: hookIdentity(up).at + lastsMs,
  });
}

function tellingOf({ vpnConnectionId, at }: HookUp, gateway: string): Trigger {
  return { gateway, reason: 'ip-up', vpnConnectionId, at };
}
