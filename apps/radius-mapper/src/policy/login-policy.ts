/**
 * Whether a login may go on: (reason, facts) → what is to be done in truth, or a refusal. Pure.
 *
 * A refusal is decided in an order that tells nothing to whoever only guesses: the request first, then the sender, then the
 * name, then the password. That a connection is disabled or its account suspended is said without a look at the password, as
 * truth gives no credentials of those away.
 */
import type { DecisionPolicy } from '@holdfast/action-plan';
import type { RadiusLogin, SessionAnswer, SessionHeld } from '@holdfast/truth-db';
import type { RadiusReason } from './radius-reason.ts';
import type { Refusal } from './refusal.ts';

export type LoginReason = RadiusReason<'authorize' | 'login' | 'post-auth' | 'release-pending'>;

export interface LoginFacts {
  /** Whether there is a session key: a user, a calling station and the address of the NAS. */
  readonly isComplete: boolean;
  /** Whether truth knows the sender of the packet. */
  readonly isNasKnown: boolean;
  /** Whom the user name stands for. */
  readonly login: RadiusLogin;
  /** What is to be checked, by whom: FreeRADIUS for `authorize`, nobody any more for `post-auth`. */
  readonly credential: 'radius-secret' | 'nt-hash' | 'none';
  /** `unchecked` where it is not ours to check. */
  readonly password: 'right' | 'wrong' | 'unchecked';
}

export type LoginAction =
  /** Tell FreeRADIUS what to check the password against. */
  | { readonly kind: 'offer'; readonly vpnConnectionId: number }
  | { readonly kind: 'acquire'; readonly vpnConnectionId: number }
  | { readonly kind: 'release-pending'; readonly vpnConnectionId: number };

export type LoginVerdict =
  | { readonly kind: 'act'; readonly actions: readonly [LoginAction]; readonly because: string }
  | { readonly kind: 'keep'; readonly because: string }
  | { readonly kind: 'refuse'; readonly because: Refusal };

type LoginPolicy = (reason: LoginReason, facts: LoginFacts) => LoginVerdict;

export const decideLogin = ((reason, facts) => {
  const { login } = facts;
  if (reason.kind === 'release-pending') return decideRelease(login);
  if (!facts.isComplete || !facts.isNasKnown) return refuse(refusalOfSender(facts));
  if (login.kind === 'refused') return refuse(login.because === 'unknown' ? 'unknown-user' : login.because);
  if (!hasCredential(login, facts.credential)) return refuse('no-credentials');
  if (reason.kind === 'login' && facts.password !== 'right') return refuse('wrong-password');
  const { vpnConnectionId } = login;
  return reason.kind === 'authorize'
    ? act('offer', vpnConnectionId, 'the connection may log in')
    : act('acquire', vpnConnectionId, 'the password was right');
}) satisfies LoginPolicy & DecisionPolicy<LoginReason, LoginFacts, LoginAction> as LoginPolicy;

/** The refusal of a request that does not say who is asking, or that nobody has sent whom truth knows. */
export function refusalOfSender({ isComplete }: Pick<LoginFacts, 'isComplete'>): Refusal {
  return isComplete ? 'unknown-nas' : 'incomplete-request';
}

/** What the answer of truth means for the login. */
export type GrantVerdict =
  | {
      readonly kind: 'accept';
      readonly session: 'granted' | 'same-session' | 'taken-over';
      readonly holderToken: string;
    }
  | { readonly kind: 'refuse'; readonly because: Refusal; readonly by?: SessionHeld };

export function decideGrant(answer: SessionAnswer): GrantVerdict {
  switch (answer.kind) {
    case 'granted':
    case 'same-session':
    case 'taken-over':
      return { kind: 'accept', session: answer.kind, holderToken: answer.holderToken };
    case 'busy':
      return { kind: 'refuse', because: 'busy', by: answer.by };
    case 'refused':
      return { kind: 'refuse', because: answer.because === 'unknown' ? 'unknown-user' : answer.because };
    default:
      return answer satisfies never;
  }
}

/** A connection that was disabled meanwhile may still have the lock that is to be taken back. */
function decideRelease(login: RadiusLogin): LoginVerdict {
  return 'vpnConnectionId' in login
    ? act('release-pending', login.vpnConnectionId, 'its answer was lost or refused')
    : { kind: 'keep', because: 'nobody has this name' };
}

function hasCredential(
  login: Extract<RadiusLogin, { kind: 'allowed' }>,
  wanted: LoginFacts['credential'],
): boolean {
  if (wanted === 'none') return true;
  const { radiusSecretHash, ntHash } = login.credentials;
  return (wanted === 'radius-secret' ? radiusSecretHash : ntHash) !== null;
}

function act(kind: LoginAction['kind'], vpnConnectionId: number, because: string): LoginVerdict {
  return { kind: 'act', actions: [{ kind, vpnConnectionId }], because };
}

function refuse(because: Refusal): LoginVerdict {
  return { kind: 'refuse', because };
}
