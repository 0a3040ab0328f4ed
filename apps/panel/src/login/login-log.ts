/**
 * What the login writes to the log, and counts: the names of its events stand here. Never a password, a token, a cookie or
 * what somebody has typed as their address: people type passwords there.
 */
import type { Log } from '@holdfast/base';
import type { RefreshOutcome } from '@holdfast/runtime-stores';
import type { LoginOutcome } from './login-attempts.ts';

/** For metrics: few and fixed words. */
export type LoginEvent =
  | { readonly kind: 'login'; readonly outcome: LoginOutcome['kind'] }
  | { readonly kind: 'refresh'; readonly outcome: 'rotated' | 'repeated' | RefusalReason };

type RefusalReason = Extract<RefreshOutcome, { readonly kind: 'refused' }>['reason'];

export interface AttemptFacts {
  readonly address: string;
  /** Whose password it was to be, where there is such an account. */
  readonly principal: string | undefined;
  readonly familyId: string | undefined;
}

export class LoginLog {
  /** For parts that write events of their own. */
  readonly log: Log;
  readonly #onEvent: (event: LoginEvent) => void;

  constructor(log: Log, onEvent: (event: LoginEvent) => void = () => undefined) {
    this.log = log;
    this.#onEvent = onEvent;
  }

  attempted(outcome: LoginOutcome['kind'], facts: AttemptFacts): void {
    this.#onEvent({ kind: 'login', outcome });
    if (outcome === 'granted') this.log.info(facts, 'logged in');
    // A flood of these says nothing new: the counter has it.
    else if (outcome === 'limited') this.log.debug({ outcome, ...facts }, 'login refused');
    else this.log.info({ outcome, ...facts }, 'login refused');
  }

  refreshed(outcome: RefreshOutcome): void {
    this.#onEvent({ kind: 'refresh', outcome: outcome.kind === 'refused' ? outcome.reason : outcome.kind });
    if (outcome.kind !== 'refused') return;
    const { reason, familyId, userId: principal } = outcome;
    const facts = { principal, familyId };
    if (reason === 'reused')
      this.log.warn({ ...facts, isLikelyLost: outcome.isLikelyLost }, 'refresh token reused, family ended');
    else if (reason === 'ahead') this.log.error(facts, 'refresh token newer than its family');
    else this.log.debug({ ...facts, reason }, 'refresh refused');
  }

  loggedOut(familyId: string): void {
    this.log.info({ familyId }, 'logged out');
  }

  passwordChanged(principal: string, ended: number): void {
    this.log.info({ principal, ended }, 'password changed');
  }

  ended(principal: string, reason: string, families: number): void {
    this.log.info({ principal, reason, families }, 'logins ended');
  }

  limitsFailed(code: string): void {
    this.log.warn({ code }, 'login limits cannot be counted');
  }
}
