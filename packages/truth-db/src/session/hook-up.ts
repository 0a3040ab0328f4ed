/**
 * A hook says that a session is there: with an address, on a device. Where RADIUS has admitted it, the session is only
 * completed; on a gateway without RADIUS it begins here, under the name that the daemon gives it.
 *
 * This is bookkeeping, not admission, as `startSession` is: the client is connected, so what has to be refused is refused
 * by the policy of its address, which needs the session in truth.
 */
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime } from '../utc-time.ts';
import { endLocks } from './end-locks.ts';
import { type HookAddresses, takeAddresses } from './hook-address.ts';
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
  const addresses = addressesOf(up, held);
  const acctSessionId = storedIdentity(identity.name, up.verb === 'up' ? identity.clock : start);
  const ifname = up.ifname ?? held.ifname;
  const isKnown =
    held.acct_session_id === acctSessionId &&
    held.ifname === ifname &&
    held.framed_ip === addresses.framedIp &&
    held.framed_ipv6 === addresses.framedIpv6;
  if (isKnown) return { kind: 'unchanged' };
  if (!(await takeAddresses(trx, up, { identity, addresses })))
    return { kind: 'late', because: 'superseded' };
  await write(trx, up, { addresses, acctSessionId, ifname });
  return { kind: 'completed', triggers: await tell(trx, up, [up.gateway]) };
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
  const addresses = addressesOf(up, undefined);
  if (!(await takeAddresses(trx, up, { identity, addresses })))
    return { kind: 'late', because: 'superseded' };
  const gateways = [up.gateway];
  if (held !== undefined) {
    const reason = held.gateway === up.gateway ? 'reconnected' : 'expired';
    await endLocks(trx, [held], { reason, at: encodeTime(identity.at) });
    if (isFollowed(held)) gateways.push(held.gateway);
  }
  const acctSessionId = storedIdentity(identity.name, identity.clock);
  await write(trx, up, { addresses, acctSessionId, ifname: up.ifname ?? null });
  return { kind: 'started', triggers: await tell(trx, up, gateways) };
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

function addressesOf(up: HookUp, held: StoredLock | undefined): HookAddresses {
  return {
    framedIp: up.framedIp ?? held?.framed_ip ?? null,
    framedIpv6: up.framedIpv6 ?? held?.framed_ipv6 ?? null,
  };
}

async function write(
  trx: TruthTransaction,
  up: HookUp,
  told: { readonly addresses: HookAddresses; readonly acctSessionId: string; readonly ifname: string | null },
): Promise<void> {
  const { gateway, vpnConnectionId, at } = up;
  await startSession(trx, {
    gateway,
    vpnConnectionId,
    sessionKey: hookKey(up),
    ...told.addresses,
    ifname: told.ifname,
    acctSessionId: told.acctSessionId,
    at,
    expiresAt: hookIdentity(up).at + lastsMs,
  });
}

async function tell(
  trx: TruthTransaction,
  { vpnConnectionId, at }: HookUp,
  gateways: readonly string[],
): Promise<readonly RecordedTrigger[]> {
  const triggers = [...new Set(gateways)].map((gateway) => ({
    gateway,
    reason: 'ip-up',
    vpnConnectionId,
    at,
  }));
  return recordTriggers(trx, triggers);
}
