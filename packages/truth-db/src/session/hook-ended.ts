/**
 * Sessions of hooks that have ended: by which a start that is reported late, or after its own end, starts nothing. A
 * session whose start was never seen is remembered like any other.
 */
import type { Selectable } from 'kysely';
import type { ReleasedSessionsTable } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';
import { decodeTime, encodeTime } from '../utc-time.ts';
import type { HookEvent } from './hook-event.ts';
import {
  type HookIdentity,
  hookKey,
  isBefore,
  isHookKey,
  readIdentity,
  storedIdentity,
} from './hook-identity.ts';

type Tombstone = Pick<
  Selectable<ReleasedSessionsTable>,
  'session_key' | 'gateway' | 'acct_session_id' | 'acquired_at' | 'released_at'
>;

/** Sessions of one connection that are looked at. An event that is older than all of them is late anyhow. */
const looksBack = 50;

/**
 * Why an event that says that a session is there comes too late; undefined when it does not.
 *
 * @param isAdmitted - RADIUS holds a session of the connection: then those that it has held before do not count, as their
 *   ends were written by another clock than that of the event
 */
export async function isTooLate(
  trx: TruthTransaction,
  event: HookEvent,
  identity: HookIdentity,
  { isAdmitted }: { readonly isAdmitted: boolean },
): Promise<'ended' | 'superseded' | undefined> {
  for (const tombstone of await tombstonesOf(trx, event)) {
    if (isHookKey(tombstone.session_key)) {
      const because = lateAfter(tombstone, identity);
      if (because !== undefined) return because;
    } else if (!isAdmitted && decodeTime(tombstone.released_at) >= identity.at) {
      return 'ended';
    }
  }
  return undefined;
}

function lateAfter(tombstone: Tombstone, identity: HookIdentity): 'ended' | 'superseded' | undefined {
  const stored = readIdentity(tombstone.acct_session_id);
  if (stored === undefined) return undefined;
  if (stored.name !== identity.name) {
    const isLater = stored.start !== undefined && isBefore(identity, stored, tombstone.acquired_at);
    return isLater ? 'superseded' : undefined;
  }
  if (stored.end !== undefined) return stored.end >= identity.clock ? 'ended' : undefined;
  // Ended by something else, a later session or an operator: at a moment that only the wall clock knows.
  const isEnded = identity.clock <= (stored.start ?? 0) || identity.at <= decodeTime(tombstone.released_at);
  return isEnded ? 'ended' : undefined;
}

/** Remembers the end of a session that nobody holds. @returns whether it was not remembered yet */
export async function rememberEnd(
  trx: TruthTransaction,
  event: HookEvent,
  identity: HookIdentity,
): Promise<boolean> {
  const known = (await tombstonesOf(trx, event)).some((tombstone) => {
    // This very event has ended a session that RADIUS had admitted.
    if (!isHookKey(tombstone.session_key)) return decodeTime(tombstone.released_at) === identity.at;
    const stored = readIdentity(tombstone.acct_session_id);
    return stored?.name === identity.name && stored.end !== undefined && stored.end >= identity.clock;
  });
  if (known) return false;
  const at = encodeTime(identity.at);
  await trx
    .insertInto('released_sessions')
    .values({
      vpn_connection_id: event.vpnConnectionId,
      session_key: hookKey(event),
      gateway: event.gateway,
      nas_ip: null,
      acct_session_id: storedIdentity(identity.name, undefined, identity.clock),
      holder_token: null,
      acquired_at: at,
      released_at: at,
      release_reason: 'ip-down',
    })
    .execute();
  return true;
}

/** The newest ended sessions of the connection on the gateway. */
async function tombstonesOf(
  trx: TruthTransaction,
  { vpnConnectionId, gateway }: HookEvent,
): Promise<readonly Tombstone[]> {
  return trx
    .selectFrom('released_sessions')
    .select(['session_key', 'gateway', 'acct_session_id', 'acquired_at', 'released_at'])
    .where('vpn_connection_id', '=', vpnConnectionId)
    .where('gateway', '=', gateway)
    .orderBy('id', 'desc')
    .limit(looksBack)
    .execute();
}
