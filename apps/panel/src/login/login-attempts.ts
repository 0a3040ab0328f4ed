/**
 * One attempt to log in, from the limits to the first tokens:
 *
 * ```
 * charge ─► CAPTCHA solved? ─► kept back ─► password ─► BEGIN ─► CAPTCHA used ─► account locked, as it was ─► family ─► COMMIT
 * ```
 *
 * Nothing is looked up before it is charged. What takes time, the proof of work, the delay and the hash, is outside of the
 * transaction; what was found there is looked at again inside, under the lock of the account: a password that was changed,
 * or an account that was suspended meanwhile, gets nobody in.
 *
 * A wrong password uses up its CAPTCHA, and a CAPTCHA that was used before is refused whatever the password is: one that was
 * solved tells about one password.
 */
import { type Clock, systemClock } from '@holdfast/base';
import {
  type CaptchaOutcome,
  CaptchaVerifier,
  type IssuedToken,
  type RateLimitHeaders,
  type SolvedCaptcha,
} from '@holdfast/runtime-stores';
import { sqlCaptchaClaims, TruthCaptchaClaims } from '@holdfast/runtime-stores/sql';
import type { Truth, TruthTransaction } from '@holdfast/truth-db';
import { type Account, lockAccount, replaceHash } from './accounts.ts';
import { boundAttemptId } from './attempt-id.ts';
import type { DeviceNote } from './devices.ts';
import { type LoginCaptcha, loginScope } from './login-captcha.ts';
import type { LoginFamilies } from './login-families.ts';
import type { ChargedAttempt, LoginLimits } from './login-limits.ts';
import type { LoginLog } from './login-log.ts';
import type { PasswordCheck, PasswordChecks } from './password-checks.ts';

export interface LoginRequest extends DeviceNote {
  readonly email: string;
  readonly password: string;
  /** A UUID. */
  readonly attemptId: string;
  /** What was solved, if anything was. */
  readonly captcha?: string | undefined;
  /** Of the client. */
  readonly address: string;
}

interface Entered {
  readonly kind: 'granted';
  readonly account: Account;
  readonly issued: IssuedToken;
}

interface Refused {
  readonly kind: 'failed' | 'captcha-required' | 'captcha-invalid';
  /** Whose password it was to be: for the log alone. */
  readonly principal?: string | undefined;
}

/** What a client is told besides: the quota of its network, and whether the next attempt needs a CAPTCHA. */
interface Told {
  readonly headers: RateLimitHeaders;
  readonly needsCaptcha: boolean;
}

export type LoginOutcome =
  | (Entered & Told)
  | (Refused & Told)
  | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly headers: RateLimitHeaders }
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number };

export interface LoginAttemptsOptions {
  readonly truth: Truth;
  readonly limits: LoginLimits;
  readonly captcha: LoginCaptcha;
  readonly passwords: PasswordChecks;
  readonly families: LoginFamilies;
  readonly log: LoginLog;
  /** With which attempts are bound to what was sent. */
  readonly attemptKey: Buffer;
  readonly clock?: Clock | undefined;
}

/** When one for whom there was no room may come again, in milliseconds. */
const busyRetryMs = 2_000;

type Settled = Entered | Refused | { readonly kind: 'overtaken' };

export class LoginAttempts {
  readonly #options: LoginAttemptsOptions;
  readonly #clock: Clock;
  readonly #claims: TruthCaptchaClaims;
  readonly #verifier: CaptchaVerifier;

  constructor(options: LoginAttemptsOptions) {
    const { truth, captcha, log, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#claims = new TruthCaptchaClaims(truth, { clock });
    this.#verifier = new CaptchaVerifier({
      provider: captcha.provider,
      claims: this.#claims,
      log: log.log,
      clock,
    });
  }

  /** @throws HoldfastError as the database; nobody is let in */
  async attempt(request: LoginRequest): Promise<LoginOutcome> {
    const { address, email } = request;
    const { limits, log } = this.#options;
    const charged = await limits.charge(email, address);
    const outcome = charged.kind === 'allowed' ? await this.#charged(request, charged) : charged;
    log.attempted(outcome.kind, { address, ...subjectOf(outcome) });
    return outcome;
  }

  /** Forgets CAPTCHAs whose time is over. @returns how many */
  async sweep(signal?: AbortSignal): Promise<number> {
    return (await this.#claims.sweep(signal === undefined ? {} : { signal })).removed;
  }

  async #charged(request: LoginRequest, charged: ChargedAttempt): Promise<LoginOutcome> {
    const { needsCaptcha, delayMs, headers } = charged;
    const told = { needsCaptcha, headers };
    const solved = needsCaptcha ? await this.#solve(request) : undefined;
    if (solved !== undefined && solved.kind !== 'solved') {
      const refusal = refusalOf(solved.kind);
      // Whoever was not asked yet has not tried anything.
      if (refusal.kind !== 'captcha-invalid') await charged.refund();
      return { ...refusal, ...told };
    }
    await this.#clock.sleep(delayMs);
    const settled = await this.#settle(request, solved);
    if (settled === undefined) {
      await charged.refund();
      return { kind: 'unavailable', retryAfterMs: busyRetryMs };
    }
    if (settled.kind === 'granted') await charged.refund();
    return { ...settled, ...told };
  }

  async #solve(
    request: LoginRequest,
  ): Promise<SolvedCaptcha | CaptchaOutcome | { readonly kind: 'missing' }> {
    const { captcha: token, address: remoteIp } = request;
    if (token === undefined) return { kind: 'missing' };
    const attemptId = boundAttemptId(this.#options.attemptKey, request);
    return await this.#verifier.solve({ token, scope: loginScope, attemptId, remoteIp });
  }

  /** @returns undefined where there is no room to look at the password */
  async #settle(
    request: LoginRequest,
    solved: SolvedCaptcha | undefined,
  ): Promise<Entered | Refused | undefined> {
    // Somebody may change the hash between the look and the lock: a login beside this one renews it.
    for (let tries = 2; tries > 0; tries -= 1) {
      const check = await this.#options.passwords.ofAddress(request.email, request.password);
      if (check.kind === 'busy') return undefined;
      const settled = await this.#commit(request, check, solved);
      if (settled.kind !== 'overtaken') return settled;
    }
    return { kind: 'failed' };
  }

  async #commit(
    request: LoginRequest,
    check: Exclude<PasswordCheck, { readonly kind: 'busy' }>,
    solved: SolvedCaptcha | undefined,
  ): Promise<Settled> {
    const principal = check.account?.principal;
    // Nothing to write: nobody waits for the one writer of the database because somebody guesses passwords.
    if (check.kind === 'wrong' && solved === undefined) return { kind: 'failed', principal };
    const { truth } = this.#options;
    return await truth.transaction(async (trx) => {
      const used = solved === undefined ? 'ok' : await this.#use(trx, solved);
      if (used !== 'ok') return { ...refusalOf(used), principal };
      return check.kind === 'right' ? await this.#enter(trx, request, check) : { kind: 'failed', principal };
    });
  }

  async #use(trx: TruthTransaction, solved: SolvedCaptcha): Promise<CaptchaOutcome['kind']> {
    return (await this.#verifier.use(solved, sqlCaptchaClaims(trx, { clock: this.#clock }))).kind;
  }

  async #enter(
    trx: TruthTransaction,
    request: LoginRequest,
    { account: verified, renewed }: Extract<PasswordCheck, { readonly kind: 'right' }>,
  ): Promise<Settled> {
    const { principal } = verified;
    const account = await lockAccount(trx, principal);
    if (account?.isActive !== true) return { kind: 'failed', principal };
    if (account.passwordHash !== verified.passwordHash) return { kind: 'overtaken' };
    if (renewed !== undefined) await replaceHash(trx, account, renewed);
    return { kind: 'granted', account, issued: await this.#options.families.begin(trx, account, request) };
  }
}

/** Of a CAPTCHA that lets nobody through. */
function refusalOf(captcha: CaptchaOutcome['kind'] | 'missing'): Refused {
  return { kind: captcha === 'missing' ? 'captcha-required' : 'captcha-invalid' };
}

function subjectOf(outcome: LoginOutcome): {
  readonly principal: string | undefined;
  readonly familyId: string | undefined;
} {
  if (outcome.kind === 'granted')
    return { principal: outcome.account.principal, familyId: outcome.issued.session.familyId };
  return { principal: 'principal' in outcome ? outcome.principal : undefined, familyId: undefined };
}
