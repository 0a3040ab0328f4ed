/**
 * The row changes of the accounting policy, made by truth-db. Those that depend on whose session it is say so when it is
 * another's, and have changed nothing then.
 */
import { randomUUID } from 'node:crypto';
import {
  acquireSession,
  confirmSession,
  extendSession,
  type NotHolder,
  releaseSession,
  type SessionHolder,
  type TruthTransaction,
} from '@holdfast/truth-db';
import type { AccountingAction, AccountingFacts } from '../policy/accounting-policy.ts';
import type { AccountingEvent } from './accounting-event.ts';
import type { ClientAddresses } from './client-addresses.ts';
import { disown } from './disown.ts';
import type { EventIdentity } from './event-identity.ts';
import { rememberStop } from './remember-stop.ts';

/** The session that an event speaks of. */
export interface EventSession {
  readonly event: AccountingEvent;
  readonly gateway: string | undefined;
  readonly told: ClientAddresses;
  readonly identity: EventIdentity;
  readonly vpnConnectionId: number;
  /** In milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

type OtherSession = Exclude<AccountingFacts['session'], 'unasked'>;

/**
 * `done`: truth has changed. `unchanged`: it was so already. Else what truth said, and the changes behind it were not
 * tried.
 */
export type Performed = 'done' | 'unchanged' | OtherSession;

export async function performAction(
  trx: TruthTransaction,
  actions: readonly AccountingAction[],
  session: EventSession,
): Promise<Performed> {
  for (const action of actions) {
    const answer = await performOne(trx, action, session);
    if (answer !== 'done') return answer;
  }
  return 'done';
}

async function performOne(
  trx: TruthTransaction,
  action: AccountingAction,
  session: EventSession,
): Promise<Performed> {
  switch (action.kind) {
    case 'confirm':
      return asHolder(session, (holder) => confirmSession(trx, { ...reportOf(session), holder }));
    case 'extend':
      return asHolder(session, (holder) => extendSession(trx, { ...aliveOf(session), holder }));
    case 'release':
      return asHolder(session, (holder) =>
        releaseSession(trx, { ...endOf(session), holder, reason: causeOf(session.event) }),
      );
    case 'adopt':
      return adopt(trx, session);
    case 'disown':
      return (await disown(trx, session, action.because)) ? 'done' : 'unchanged';
    case 'remember-stop':
      await rememberStop(trx, session);
      return 'done';
    case 'release-nas':
      throw new Error('what a NAS says of itself is of no session');
    default:
      return action satisfies never;
  }
}

/** By every name that the session has, until one is known. */
async function asHolder(
  { identity, event }: EventSession,
  change: (holder: SessionHolder) => Promise<{ readonly kind: string } | NotHolder>,
): Promise<'done' | OtherSession> {
  let last: OtherSession = 'absent';
  for (const holder of identity.holders) {
    const answer = await change(holder);
    if (!isOther(answer)) return 'done';
    if (answer.kind === 'ended') return 'ended';
    last = answer.kind === 'busy' && answer.until <= event.receivedMs ? 'stale' : answer.kind;
  }
  return last;
}

function isOther(answer: { readonly kind: string }): answer is NotHolder {
  return answer.kind === 'ended' || answer.kind === 'busy' || answer.kind === 'absent';
}

/** The connection is locked: nobody else can have taken it since it was found free. */
async function adopt(trx: TruthTransaction, session: EventSession): Promise<'done' | OtherSession> {
  const { event, identity, gateway, vpnConnectionId, expiresAt } = session;
  if (gateway === undefined || identity.sessionKey === undefined) return 'absent';
  const answer = await acquireSession(trx, {
    vpnConnectionId,
    gateway,
    sessionKey: identity.sessionKey,
    requestVector: `adopted-${randomUUID()}`,
    nasIp: event.src,
    at: event.receivedMs,
    expiresAt,
  });
  if (answer.kind === 'busy') return 'busy';
  if (answer.kind === 'refused') return 'absent';
  const { holderToken } = answer;
  await confirmSession(trx, { ...reportOf(session), holder: { holderToken } });
  return 'done';
}

function reportOf({ event, told, vpnConnectionId, expiresAt }: EventSession) {
  return {
    vpnConnectionId,
    ...told,
    nasIp: event.src,
    ...(event.sid === '' ? {} : { acctSessionId: event.sid }),
    at: event.atMs,
    expiresAt,
  };
}

/** Whether its time is nearly over is asked of our clock, by which it was given. */
function aliveOf({ event, vpnConnectionId, expiresAt }: EventSession) {
  return { vpnConnectionId, at: event.receivedMs, expiresAt };
}

function endOf({ event, vpnConnectionId }: EventSession) {
  return { vpnConnectionId, at: event.receivedMs };
}

/** `User-Request` → `user-request`, as the other reasons are spelled. */
function causeOf({ cause }: AccountingEvent): string {
  return cause === '' ? 'stop' : cause.toLowerCase().slice(0, 64);
}
