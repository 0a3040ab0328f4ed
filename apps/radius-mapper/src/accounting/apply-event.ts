/**
 * Applies one accounting event to truth, in one transaction: read the facts, ask the policy, make the change, and ask again
 * where truth answers that the session is not the reported one's.
 *
 * Row locks are taken in the order of truth-db: connection, session, counters. What nearly every event needs is the session
 * alone; where it turns out that the connection is needed too, to begin a session or to remember one, the transaction ends
 * without a change and is run again with the connection locked first.
 */
import { isHoldfastError } from '@holdfast/base';
import {
  findRadiusLogin,
  lockConnectionsOfUsers,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import { type AccountingFacts, accountingPolicy } from '../policy/accounting-policy.ts';
import type { AccountingEvent } from './accounting-event.ts';
import { accountingReason } from './accounting-reason.ts';
import { type ClientAddresses, clientAddresses } from './client-addresses.ts';
import { type EventIdentity, eventIdentity } from './event-identity.ts';
import { type EventSession, performAction } from './perform-action.ts';

export interface ApplyEvent {
  readonly truth: Truth;
  readonly event: AccountingEvent;
  /** Name of the gateway of its sender; undefined for a stranger. */
  readonly gateway: string | undefined;
  /** How long a session lives after this sign of life, in milliseconds. */
  readonly sessionLeaseMs: number;
}

/** What became of an event. */
export interface EventResult {
  readonly outcome: 'applied' | 'ignored';
  /** As the policy says it: `alive`, `ended`, `conflict`, … */
  readonly because: string;
  /** Whether somebody should look at it. */
  readonly isOdd: boolean;
  /** Undefined for a user whom truth does not know. */
  readonly vpnConnectionId?: number | undefined;
  /** The shard of the address has no place left: the session goes on without its address. */
  readonly lacksRoom?: boolean;
}

/**
 * Applies an event of a session. Applying it again, or after others, changes nothing that it should not.
 *
 * @throws HoldfastError as `Truth.transaction`; TRUTH_INVALID - truth refuses what the event says
 */
export async function applyEvent(request: ApplyEvent): Promise<EventResult> {
  const { truth, event } = request;
  const told = clientAddresses(event);
  const run = (how: Omit<Attempt, 'request'>) => truth.transaction((trx) => settle(trx, { request, ...how }));
  const once = { told, locksConnection: false };
  try {
    return (await run(once)) ?? (await runLocked(run, once));
  } catch (error) {
    if (!isHoldfastError(error, 'CAPACITY')) throw error;
    return { ...(await runLocked(run, { told: nowhere })), isOdd: true, lacksRoom: true };
  }
}

const nowhere: ClientAddresses = { framedIp: null, framedIpv6: null };

interface Attempt {
  readonly request: ApplyEvent;
  readonly told: ClientAddresses;
  readonly locksConnection: boolean;
}

async function runLocked(
  run: (how: Omit<Attempt, 'request'>) => Promise<EventResult | undefined>,
  how: { readonly told: ClientAddresses },
): Promise<EventResult> {
  const result = await run({ ...how, locksConnection: true });
  if (result === undefined) throw new Error('a transaction that has all locks asks for more');
  return result;
}

/** @returns undefined when nothing was changed because the connection has to be locked first */
async function settle(trx: TruthTransaction, attempt: Attempt): Promise<EventResult | undefined> {
  const { request, locksConnection } = attempt;
  const { event } = request;
  if (locksConnection) await lockConnectionsOfUsers(trx, [event.user]);
  const identity = eventIdentity(event);
  const login = await findRadiusLogin(trx, event.user);
  const vpnConnectionId = 'vpnConnectionId' in login ? login.vpnConnectionId : undefined;
  const connection = vpnConnectionId === undefined ? 'unknown' : login.kind;
  const facts = await factsOf(trx, attempt, { identity, vpnConnectionId, connection });
  const reason = accountingReason(event);
  const first = accountingPolicy(reason, facts);
  if (first.kind !== 'act' || vpnConnectionId === undefined) return resultOf(first, vpnConnectionId);
  const session = sessionOf(attempt, identity, vpnConnectionId);
  const answer = await performAction(trx, first.actions, session);
  if (answer === 'done' || answer === 'unchanged') return resultOf(first, vpnConnectionId);
  const second = accountingPolicy(reason, { ...facts, session: answer });
  if (second.kind !== 'act') return resultOf(second, vpnConnectionId);
  if (!locksConnection) return undefined;
  const end = await performAction(trx, second.actions, session);
  const result = resultOf(second, vpnConnectionId);
  return end === 'done' ? result : { ...result, outcome: 'ignored', isOdd: false };
}

interface KnownOfEvent {
  readonly identity: EventIdentity;
  readonly vpnConnectionId: number | undefined;
  readonly connection: AccountingFacts['connection'];
}

async function factsOf(
  trx: TruthTransaction,
  { request, told }: Attempt,
  { identity, vpnConnectionId, connection }: KnownOfEvent,
): Promise<AccountingFacts> {
  const isAsked = request.event.kind === 'interim' && vpnConnectionId !== undefined;
  return {
    nas: request.gateway === undefined ? 'unknown' : 'known',
    connection,
    isNamed: identity.holders.length > 0,
    hasSessionKey: identity.sessionKey !== undefined,
    isNews: isAsked && (await isNews(trx, vpnConnectionId, told)),
    session: 'unasked',
  };
}

/** Looked at without a lock: an address that another report tells at this moment is told again by the next one. */
async function isNews(
  trx: TruthTransaction,
  vpnConnectionId: number,
  { framedIp, framedIpv6 }: ClientAddresses,
): Promise<boolean> {
  const known = await trx
    .selectFrom('active_session_locks')
    .select(['confirmed_at', 'framed_ip', 'framed_ipv6'])
    .where('vpn_connection_id', '=', vpnConnectionId)
    .executeTakeFirst();
  if (known === undefined || known.confirmed_at === null) return true;
  const isOther = (told: string | null, stored: string | null) => told !== null && told !== stored;
  return isOther(framedIp, known.framed_ip) || isOther(framedIpv6, known.framed_ipv6);
}

function sessionOf(
  { request, told }: Attempt,
  identity: EventIdentity,
  vpnConnectionId: number,
): EventSession {
  const { event, gateway, sessionLeaseMs } = request;
  // The clock of a NAS may be wrong by minutes: how long its sessions live is counted on ours.
  const expiresAt = event.receivedMs + sessionLeaseMs;
  return { event, gateway, told, identity, vpnConnectionId, expiresAt };
}

function resultOf(
  verdict: ReturnType<typeof accountingPolicy>,
  vpnConnectionId: number | undefined,
): EventResult {
  const { kind, because } = verdict;
  const isOdd =
    kind === 'refuse' ||
    (verdict.kind === 'act' && verdict.actions.some((action) => action.kind === 'disown'));
  return { outcome: kind === 'act' ? 'applied' : 'ignored', because, isOdd, vpnConnectionId };
}
