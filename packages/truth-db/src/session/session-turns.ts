/**
 * The requests of a batch for the session of one connection: one after the other, as far as what is stored of it says what
 * becomes of them. Nothing is asked here: who holds the session was read back before.
 */
import { decodeTime, encodeTime } from '../utc-time.ts';
import type { SessionAnswer, SessionGrant, SessionRequest } from './session-answer.ts';
import { describeHeld, type StoredLock } from './session-lock.ts';

export interface Turn {
  /** Among all requests of the batch. */
  readonly place: number;
  readonly request: SessionRequest;
  /** What the request would hold the session by. */
  readonly holderToken: string;
}

/** A session that has to end, because `turn` takes its place. */
export interface Displaced {
  readonly turn: Turn;
  readonly lock: StoredLock;
  readonly reason: 'expired' | 'reconnected';
}

/** The turns that are left, of which the first one has tried to take the session. */
export interface Queue {
  readonly turns: readonly Turn[];
  /** What has ended for the first one. */
  readonly displaced?: Displaced;
}

export interface Settled {
  readonly answers: readonly { readonly place: number; readonly answer: SessionAnswer }[];
  /** The turns behind those answers, and what has to end for the first of them. */
  readonly rest?: Required<Queue>;
  /** The session as turns behind the first have renewed it, which is still to be written. */
  readonly renewed?: StoredLock;
}

/** @param stored - what the first turn has found, or made */
export function settleTurns(stored: StoredLock, { turns, displaced }: Queue): Settled {
  const answers: { place: number; answer: SessionAnswer }[] = [];
  let lock = stored;
  for (const [index, turn] of turns.entries()) {
    const standing = index === 0 ? standingOfFirst(lock, turn, displaced) : standingBefore(lock, turn);
    if (standing === 'expired' || standing === 'reconnected') {
      return { answers, rest: { turns: turns.slice(index), displaced: { turn, lock, reason: standing } } };
    }
    if (standing === 'renewed') lock = renewedBy(lock, turn);
    answers.push({ place: turn.place, answer: answerOf(standing, lock, displaced) });
  }
  return lock === stored ? { answers } : { answers, renewed: lock };
}

type Standing = 'taken' | 'renewed' | 'ours' | 'busy' | 'expired' | 'reconnected';

function standingOfFirst(lock: StoredLock, turn: Turn, displaced: Displaced | undefined): Standing {
  const standing = standingAfter(lock, turn);
  if (displaced !== undefined && standing !== 'taken') throw new Error('a session that has ended is held');
  return standing;
}

/** What the lock is to a request that has tried to take it, or to renew it. */
function standingAfter(lock: StoredLock, { request, holderToken }: Turn): Standing {
  if (lock.holder_token === holderToken) return 'taken';
  if (lock.expires_at <= encodeTime(request.at)) return 'expired';
  if (lock.session_key !== request.sessionKey) return 'busy';
  return lock.request_vector === request.requestVector ? 'ours' : 'reconnected';
}

/** The same for one that has not: `takeLock` would renew it under the same condition. */
function standingBefore(lock: StoredLock, turn: Turn): Standing {
  const standing = standingAfter(lock, turn);
  const isSameDevice = standing === 'ours' || standing === 'reconnected';
  const isWaiting = lock.confirmed_at === null && lock.gateway === turn.request.gateway;
  return isSameDevice && isWaiting ? 'renewed' : standing;
}

function renewedBy(lock: StoredLock, { request }: Turn): StoredLock {
  return {
    ...lock,
    request_vector: request.requestVector,
    acquired_at: encodeTime(request.at),
    expires_at: encodeTime(request.expiresAt),
  };
}

function answerOf(
  standing: 'taken' | 'renewed' | 'ours' | 'busy',
  lock: StoredLock,
  displaced: Displaced | undefined,
): SessionAnswer {
  switch (standing) {
    case 'taken':
      return takenAnswer(grantOf(lock), displaced);
    case 'renewed':
    case 'ours':
      return { kind: 'same-session', ...grantOf(lock) };
    case 'busy': {
      const by = describeHeld(lock);
      return { kind: 'busy', by, until: by.expiresAt };
    }
    default:
      return standing satisfies never;
  }
}

function takenAnswer(grant: SessionGrant, displaced: Displaced | undefined): SessionAnswer {
  if (displaced === undefined) return { kind: 'granted', ...grant };
  if (displaced.reason === 'reconnected') return { kind: 'same-session', ...grant };
  return { kind: 'taken-over', from: describeHeld(displaced.lock), ...grant };
}

function grantOf(lock: StoredLock): SessionGrant {
  return { holderToken: lock.holder_token ?? '', expiresAt: decodeTime(lock.expires_at), triggers: [] };
}
