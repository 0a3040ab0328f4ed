/**
 * Logging in to the panel: who it is, for how long, on which devices. Each part is in a file beside this one, and
 * `docs/panel_login.md` has the picture. HTTP is in `login-routes.ts`; nothing here knows of it.
 */
import { type Clock, type Log, silentLog, systemClock } from '@holdfast/base';
import type { Mutations } from '@holdfast/mutations';
import type { Captcha, Device, Granted, Me } from '@holdfast/panel-client/schema';
import {
  type LoginLimits as Limits,
  type RateLimitHeaders,
  type RefreshAnswer,
  refreshAnswer,
  type TokenPolicy,
  type TokenSession,
} from '@holdfast/runtime-stores';
import {
  createPasswordHasher,
  type PasswordHasher,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import type { Identity } from '../app/panel-env.ts';
import { AccessTokens } from './access-tokens.ts';
import { type Account, meOf, viewerOf } from './accounts.ts';
import { listDevices } from './devices.ts';
import { KnownAccounts } from './known-accounts.ts';
import { LoginAttempts, type LoginOutcome, type LoginRequest } from './login-attempts.ts';
import { type LoginCaptcha, ownCaptcha } from './login-captcha.ts';
import { LoginCookies } from './login-cookies.ts';
import { LoginFamilies, loginProfile } from './login-families.ts';
import { LoginLimits } from './login-limits.ts';
import { type LoginEvent, LoginLog } from './login-log.ts';
import { deriveKey } from './panel-secret.ts';
import { type PasswordChange, type PasswordChanged, PasswordChanges } from './password-changes.ts';
import { PasswordChecks } from './password-checks.ts';
import { principalOf } from './principal.ts';

export interface LoginsOptions {
  readonly truth: Truth;
  /** By which customers change their passwords. */
  readonly mutations: Mutations;
  /** Of `openPanelSecret`: keys are derived from it. */
  readonly secret: string;
  /** One for the process, because its bound counts what goes through it. Default one of today's cost. */
  readonly passwords?: PasswordHasher;
  /** Default: our own, with proof of work. */
  readonly captcha?: LoginCaptcha;
  readonly limits?: Limits;
  readonly tokens?: Partial<TokenPolicy>;
  /** How long an access token is good for, in milliseconds. Default 5 minutes, at most 10. */
  readonly accessMs?: number;
  /** Whether cookies are sent over TLS alone, as they should be wherever there is TLS in front. Default false. */
  readonly isCookieSecure?: boolean;
  /** How long this process goes by what it has read of a login or an account, in milliseconds. Default 5000. */
  readonly freshMs?: number;
  readonly log?: Log;
  /** Hears every attempt and every refresh, for metrics. */
  readonly onEvent?: (event: LoginEvent) => void;
  readonly clock?: Clock;
}

/** What a login or a refresh gives: the answer, and the token for the cookie. */
export interface LoginGrant {
  readonly kind: 'granted';
  readonly granted: Granted;
  readonly refreshToken: string;
  /** How long that is good for if nobody uses it, in milliseconds. */
  readonly idleMs: number;
}

export type LoginAnswer =
  | (LoginGrant & { readonly headers: RateLimitHeaders })
  | Exclude<LoginOutcome, { readonly kind: 'granted' }>;
export type RefreshResult =
  | LoginGrant
  | { readonly kind: 'refused'; readonly code: Exclude<RefreshAnswer['code'], 'refreshed'> };

export type EndReason = 'password_change' | 'admin';

/** Logins of one customer. */
export interface EndedLogins {
  readonly principal: string;
  readonly reason: EndReason;
  readonly familyIds: readonly string[];
}

/** How many of each were forgotten. */
export interface SweptLogins {
  readonly families: number;
  readonly captchas: number;
  readonly buckets: number;
}

export class Logins {
  /** How the tokens of a browser travel. */
  readonly cookies: LoginCookies;
  readonly #truth: Truth;
  readonly #clock: Clock;
  readonly #log: LoginLog;
  readonly #captcha: LoginCaptcha;
  readonly #limits: LoginLimits;
  readonly #families: LoginFamilies;
  readonly #access: AccessTokens;
  readonly #accounts: KnownAccounts;
  readonly #attempts: LoginAttempts;
  readonly #changes: PasswordChanges;

  /** @throws HoldfastError CONFIG_INVALID - a lifetime that cannot be */
  constructor(options: LoginsOptions) {
    const { truth, mutations, secret, clock, freshMs } = options;
    const passwords = options.passwords ?? createPasswordHasher();
    const checks = new PasswordChecks(truth, passwords);
    const log = new LoginLog(options.log ?? silentLog, options.onEvent);
    const captcha = options.captcha ?? ownCaptcha({ secret: deriveKey(secret, 'captcha').toString('hex') });
    const limits = new LoginLimits({
      truth,
      limits: options.limits,
      onFailure: ({ code }) => log.limitsFailed(code),
      clock,
    });
    const families = new LoginFamilies({ truth, policy: options.tokens, freshMs, clock });
    const attemptKey = deriveKey(secret, 'login-attempt');
    this.cookies = new LoginCookies(options.isCookieSecure ?? false);
    this.#truth = truth;
    this.#clock = clock ?? systemClock;
    this.#log = log;
    this.#captcha = captcha;
    this.#limits = limits;
    this.#families = families;
    this.#access = new AccessTokens({
      key: deriveKey(secret, 'access-token'),
      lifetimeMs: options.accessMs,
      clock,
    });
    this.#accounts = new KnownAccounts({ truth, freshMs, clock });
    this.#attempts = new LoginAttempts({
      truth,
      limits,
      captcha,
      passwords: checks,
      families,
      log,
      attemptKey,
      clock,
    });
    this.#changes = new PasswordChanges({ truth, mutations, passwords, checks, limits, families, clock });
  }

  /** What a login page asks its visitor to solve. */
  async captcha(): Promise<Captcha> {
    return await this.#captcha.offer(this.#clock.wallMs());
  }

  /** @throws HoldfastError as the database; nobody is let in */
  async login(request: LoginRequest): Promise<LoginAnswer> {
    const outcome = await this.#attempts.attempt(request);
    if (outcome.kind !== 'granted') return outcome;
    const { account, issued, headers } = outcome;
    return { ...(await this.#grant(account, issued.session, issued.token)), headers };
  }

  /**
   * Takes a refresh token for its successor.
   *
   * @throws HoldfastError as the database; nothing was given out
   */
  async refresh(token: string, deviceId: string | undefined): Promise<RefreshResult> {
    const refreshed = await this.#families.refresh(token, deviceId);
    this.#log.refreshed(refreshed.outcome);
    if (refreshed.kind === 'granted') {
      const { account, outcome } = refreshed;
      return await this.#grant(account, outcome.session, outcome.token);
    }
    const { code } = refreshAnswer(refreshed.outcome);
    return { kind: 'refused', code: code === 'refresh_superseded' ? code : 'invalid_grant' };
  }

  /** Ends the login that a refresh token is of, an old one too. What is no token of ours ends nothing. */
  async logout(token: string): Promise<void> {
    const familyId = await this.#families.logout(token);
    if (familyId !== undefined) this.#log.loggedOut(familyId);
  }

  /**
   * Whose access token it is.
   *
   * @returns undefined where it counts no more: it is over, or its login or its account was closed
   * @throws HoldfastError as the database: then nobody knows, and nobody is let in
   */
  async identify(accessToken: string): Promise<Identity | undefined> {
    const claims = await this.#access.read(accessToken);
    if (claims === undefined || (await this.#families.isEnded(claims))) return undefined;
    const { principal, familyId, generation } = claims;
    const account = await this.#accounts.active(principal);
    if (account === undefined) return undefined;
    return { principal, name: account.name, viewer: viewerOf(account), familyId, generation };
  }

  /** @returns undefined where the account was closed meanwhile */
  async me({ principal }: Identity): Promise<Me | undefined> {
    const account = await this.#accounts.active(principal);
    return account === undefined ? undefined : meOf(account);
  }

  async devices({ principal, familyId }: Identity): Promise<readonly Device[]> {
    const nowMs = this.#clock.wallMs();
    return await listDevices(this.#truth.db, { profile: loginProfile, principal, current: familyId, nowMs });
  }

  /** Ends one of the own logins. @returns whether there is one of this id */
  async endDevice({ principal }: Identity, id: string): Promise<boolean> {
    const isEnded = await this.#families.end(principal, id, 'logout');
    if (isEnded) this.#log.loggedOut(id);
    return isEnded;
  }

  async changePassword(identity: Identity, change: PasswordChange): Promise<PasswordChanged> {
    const changed = await this.#changes.change(identity, change);
    if (changed.kind === 'changed') this.#log.passwordChanged(identity.principal, changed.ended.length);
    return changed;
  }

  /**
   * Ends all logins of a customer, in the transaction that gives them a password, suspends or deletes them.
   *
   * @returns what `noteEnded` is told when that is committed
   */
  async endAll(trx: TruthTransaction, customerId: number, reason: EndReason): Promise<EndedLogins> {
    const principal = principalOf({ role: 'customer', id: customerId });
    return { principal, reason, familyIds: await this.#families.endAll(trx, principal, reason) };
  }

  /** That they have ended: then they count no more in this process at once, and in the others within seconds. */
  noteEnded({ principal, reason, familyIds }: EndedLogins): void {
    this.#accounts.forget(principal);
    this.#families.note(familyIds);
    this.#log.ended(principal, reason, familyIds.length);
  }

  /** Forgets what is over: logins, devices, used CAPTCHAs, full buckets; and rotates the salt when that is due. */
  async sweep(signal?: AbortSignal): Promise<SweptLogins> {
    return {
      families: await this.#families.sweep(signal),
      captchas: await this.#attempts.sweep(signal),
      buckets: await this.#limits.sweep(signal),
    };
  }

  async #grant(account: Account, session: TokenSession, refreshToken: string): Promise<LoginGrant> {
    const { token: accessToken, expiresAtMs } = await this.#access.issue(account, session);
    const endMs = Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs);
    const expiresAt = new Date(expiresAtMs).toISOString();
    return {
      kind: 'granted',
      granted: { accessToken, expiresAt, me: meOf(account) },
      refreshToken,
      idleMs: endMs - this.#clock.wallMs(),
    };
  }
}
