/**
 * What an accounting request means for the session lock of a connection: (reason, facts) → row changes. Pure.
 *
 * Truth says whose a session is only to who asks with a change, so the table is gone through twice at most: first with
 * `unasked`, which gives the change that is made if the session is the reported one's; and, if truth answers that it is
 * not, with that answer.
 *
 * Packets come twice, late and in another order. What keeps that harmless: a session that has ended stays ended, nobody but
 * its own Stop ends one, a Stop that overtook its Start is remembered, and nothing is ever made shorter.
 */
import type { DecisionPolicy, Verdict } from '@holdfast/action-plan';
import type { RadiusReason } from './radius-reason.ts';

export type AccountingReason = RadiusReason<'start' | 'interim' | 'stop' | 'nas-on' | 'nas-off' | 'other'>;

export interface AccountingFacts {
  /** Whether truth knows the sender, and so the gateway. */
  readonly nas: 'known' | 'unknown';
  /** What the user name stands for now; `refused` may not log in: disabled, suspended or deleted. */
  readonly connection: 'unknown' | 'allowed' | 'refused';
  /** Whether its session can be told from the one before it: by our token, or by session key and Acct-Session-Id. */
  readonly isNamed: boolean;
  /** Whether there is a session key, without which nothing can be begun or remembered. */
  readonly hasSessionKey: boolean;
  /** Whether it tells what truth does not have: that the session has begun, or another address. */
  readonly isNews: boolean;
  /**
   * What truth said to the change that was asked for first. `ended`: that session is over. `busy`: another one is held.
   * `stale`: another one whose time is over. `absent`: none is held, and none of that name is remembered.
   */
  readonly session: 'unasked' | 'ended' | 'busy' | 'stale' | 'absent';
}

export type AccountingAction =
  /** The session has begun, with these addresses; it lives on. If it is the reported one's. */
  | { readonly kind: 'confirm' }
  /** It lives on. If it is the reported one's. */
  | { readonly kind: 'extend' }
  /** It is over. If it is the reported one's. */
  | { readonly kind: 'release' }
  /** Nobody has the session: it is begun for the reported one. */
  | { readonly kind: 'adopt' }
  /** It runs at its NAS and truth will not have it: it is to be disconnected there. */
  | { readonly kind: 'disown'; readonly because: DisownReason }
  /** Its Start and its Interim-Updates are late from now on. */
  | { readonly kind: 'remember-stop' }
  /** The NAS has none of its earlier sessions any more. */
  | { readonly kind: 'release-nas' };

export type DisownReason = 'conflict' | 'not-allowed';

export const accountingPolicy: DecisionPolicy<AccountingReason, AccountingFacts, AccountingAction> = (
  reason,
  facts,
) => {
  switch (reason.kind) {
    case 'start':
      return ofSession(facts, 'confirm');
    case 'interim':
      return ofSession(facts, facts.isNews ? 'confirm' : 'extend');
    case 'stop':
      return ofStop(facts);
    case 'nas-on':
    case 'nas-off':
      return facts.nas === 'known' ? act('began-anew', { kind: 'release-nas' }) : refuse('unknown-nas');
    case 'other':
      return keep('unknown-kind');
    default:
      return reason.kind satisfies never;
  }
};

type AccountingVerdict = Verdict<AccountingAction>;

/**
 * Start and Interim-Update: the session runs at its NAS. One that is held lives on whatever has become of its connection:
 * its gateway restricts and disconnects only what truth has.
 */
function ofSession(facts: AccountingFacts, first: 'confirm' | 'extend'): AccountingVerdict {
  if (facts.connection === 'unknown') return refuse('unknown-user');
  if (!facts.isNamed) return refuse('nameless');
  switch (facts.session) {
    case 'unasked':
      return act('alive', { kind: first });
    case 'ended':
      return keep('ended');
    case 'busy':
      return disown(facts, 'conflict');
    case 'stale':
    case 'absent':
      return facts.connection === 'allowed' ? adopt(facts) : disown(facts, 'not-allowed');
    default:
      return facts.session satisfies never;
  }
}

function ofStop(facts: AccountingFacts): AccountingVerdict {
  if (facts.connection === 'unknown') return refuse('unknown-user');
  if (!facts.isNamed) return refuse('nameless');
  if (facts.session === 'unasked') return act('stopped', { kind: 'release' });
  if (facts.session === 'ended') return keep('ended');
  return facts.hasSessionKey ? act('unknown-session', { kind: 'remember-stop' }) : keep('unknown-session');
}

function adopt({ nas, hasSessionKey }: AccountingFacts): AccountingVerdict {
  if (nas === 'unknown') return refuse('unknown-nas');
  return hasSessionKey ? act('adopted', { kind: 'adopt' }) : refuse('nameless');
}

/** Without a gateway there is nobody who could disconnect it. */
function disown({ nas, hasSessionKey }: AccountingFacts, because: DisownReason): AccountingVerdict {
  return nas === 'known' && hasSessionKey ? act(because, { kind: 'disown', because }) : refuse(because);
}

function act(because: string, ...actions: readonly AccountingAction[]): AccountingVerdict {
  return { kind: 'act', actions, because };
}

function keep(because: string): AccountingVerdict {
  return { kind: 'keep', because };
}

function refuse(because: string): AccountingVerdict {
  return { kind: 'refuse', because };
}
