/**
 * Whose event it is. The token that the mapper sent as `Class` says so exactly. A NAS that does not echo it is known by
 * the session key together with the Acct-Session-Id that its start has told; the key alone is the same for a session
 * and the one before it.
 */
import type { TruthTransaction } from '../truth.ts';
import type { Moment } from '../utc-time.ts';
import { findEnded } from './released-sessions.ts';
import { describeHeld, lockSession, type SessionHeld, type StoredLock } from './session-lock.ts';

export type SessionHolder =
  | { readonly holderToken: string }
  | { readonly sessionKey: string; readonly acctSessionId: string };

/** An event that is not one of the session that is held: it changed nothing. */
export type NotHolder =
  /** Its session has ended before. */
  | { readonly kind: 'ended'; readonly reason: string; readonly endedAt: number }
  /** Somebody else holds the session. */
  | { readonly kind: 'busy'; readonly by: SessionHeld; readonly until: number }
  /** Nobody holds it, and no such session is known. */
  | { readonly kind: 'absent' };

export interface HolderQuestion {
  readonly vpnConnectionId: number;
  readonly holder: SessionHolder;
  readonly at: Moment;
  /** Whether a session whose Acct-Session-Id is not known yet is that of a holder with its key. */
  readonly mayBind: boolean;
}

/** The lock of the holder, locked until the end of the transaction, or why it is not the holder's. */
export async function lockAsHolder(
  trx: TruthTransaction,
  question: HolderQuestion,
): Promise<{ readonly kind: 'holder'; readonly lock: StoredLock } | NotHolder> {
  const lock = await lockSession(trx, question.vpnConnectionId);
  const held = lock?.state === 'held' ? lock : undefined;
  const match = held === undefined ? 'none' : matchOf(held, question.holder);
  if (held !== undefined && match === 'exact') return { kind: 'holder', lock: held };
  const ended = await findEnded(trx, question.vpnConnectionId, question.holder, question.at);
  if (ended !== undefined) return { kind: 'ended', ...ended };
  if (held === undefined) return { kind: 'absent' };
  if (match === 'unbound' && question.mayBind) return { kind: 'holder', lock: held };
  const by = describeHeld(held);
  return { kind: 'busy', by, until: by.expiresAt };
}

function matchOf(lock: StoredLock, holder: SessionHolder): 'exact' | 'unbound' | 'none' {
  if ('holderToken' in holder) return lock.holder_token === holder.holderToken ? 'exact' : 'none';
  if (lock.session_key !== holder.sessionKey) return 'none';
  if (lock.acct_session_id === null) return 'unbound';
  return lock.acct_session_id === holder.acctSessionId ? 'exact' : 'none';
}
