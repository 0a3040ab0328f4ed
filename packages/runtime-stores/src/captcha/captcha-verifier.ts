/**
 * Lets one attempt through for each CAPTCHA that was solved. In this order:
 *
 * ```
 * limiter (the caller's) ─► shape ─► self-hosted: signature, expiry, scope, work ─► claim
 *                                    a service:   claim ─► ask it ─► mark as used
 * ```
 *
 * Nothing is written for what we can refuse ourselves, so junk fills no store. What cannot be decided is refused: a service
 * that is away, an answer that is none, a claim that got lost. A failure of the store is its error, and lets nobody through.
 *
 * The same attempt may ask again and is let through again, because its answer may have been lost. So an attempt id has to
 * stand for one attempt: a login that is tried twice under one id must get the answer of the first time.
 */
import { hash } from 'node:crypto';
import { type Clock, HoldfastError, type Log, silentLog, systemClock } from '@holdfast/base';
import { type CaptchaClaims, isOwnRepeat } from './captcha-claims.ts';
import type { CaptchaOutcome, CaptchaRefusal } from './captcha-outcome.ts';
import type { CaptchaProvider, CaptchaQuestion, LocalCaptcha, RemoteCaptcha } from './captcha-provider.ts';
import { isUuid, uuid5 } from './uuid.ts';

export interface CaptchaRequest {
  /** What the client has sent. */
  readonly token: string;
  /** What is to be let through, 1 to 128 of `a-z A-Z 0-9 : . _ -`: `login:web`. */
  readonly scope: string;
  /** A UUID that stands for one attempt. */
  readonly attemptId: string;
  /** Of the login that was begun; a provider that carries one compares it. */
  readonly nonce?: string | undefined;
  readonly remoteIp?: string | undefined;
}

export interface CaptchaVerifierOptions {
  readonly provider: CaptchaProvider;
  readonly claims: CaptchaClaims;
  /**
   * How much longer than its token a used claim is kept, in milliseconds: as far as the clock may be set back and a used
   * token not pass again. Default 25 hours.
   */
  readonly marginMs?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A CAPTCHA that was solved and is used up by `use`. */
export interface SolvedCaptcha {
  readonly kind: 'solved';
  readonly hash: string;
  readonly scope: string;
  readonly attemptId: string;
  readonly keepMs: number;
  /** A claim was made, and waits to be marked. */
  readonly isClaimed: boolean;
  /** This attempt has used it before. */
  readonly isRepeat: boolean;
}

const defaultMarginMs = 25 * 3_600_000;
/** What a claim lasts longer than its token while a service is asked, which takes seconds. */
const askingMs = 60_000;

export class CaptchaVerifier {
  readonly #provider: CaptchaProvider;
  readonly #claims: CaptchaClaims;
  readonly #marginMs: number;
  readonly #clock: Clock;
  readonly #log: Log;

  /** @throws HoldfastError CONFIG_INVALID - the margin is no time */
  constructor(options: CaptchaVerifierOptions) {
    const { marginMs = defaultMarginMs, clock = systemClock, log = silentLog } = options;
    if (!Number.isSafeInteger(marginMs) || marginMs < 0)
      throw new HoldfastError(
        'CONFIG_INVALID',
        `marginMs of CAPTCHAs is ${marginMs}, not a number of milliseconds`,
      );
    this.#provider = options.provider;
    this.#claims = options.claims;
    this.#marginMs = marginMs;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * All of it: `solve`, then `use`.
   *
   * @throws HoldfastError as the store of the claims; nobody is let through
   */
  async verify(request: CaptchaRequest): Promise<CaptchaOutcome> {
    const solved = await this.solve(request);
    return solved.kind === 'solved' ? await this.use(solved) : solved;
  }

  /**
   * Decides whether it was solved, over the network where it has to; outside any transaction.
   *
   * @throws HoldfastError as the store of the claims
   */
  async solve(request: CaptchaRequest): Promise<SolvedCaptcha | CaptchaOutcome> {
    const { token, scope, attemptId } = request;
    if (!isUuid(attemptId) || !isScope(scope)) return { kind: 'invalid', reason: 'request' };
    if (!isToken(token, this.#provider.longestToken)) return { kind: 'invalid', reason: 'malformed' };
    const question = { ...request, nowMs: this.#clock.wallMs() };
    return this.#provider.kind === 'local'
      ? await this.#check(this.#provider, question, attemptId)
      : await this.#ask(this.#provider, question, attemptId);
  }

  /**
   * Uses it up: the answer of the first who does, and of the same attempt again, is `ok`.
   *
   * @param claims - in the transaction of the attempt, so that both are committed or neither. Default those of the verifier
   * @throws HoldfastError as the store of the claims
   */
  async use(solved: SolvedCaptcha, claims: CaptchaClaims = this.#claims): Promise<CaptchaOutcome> {
    const { hash: tokenHash, scope, attemptId, keepMs, isClaimed, isRepeat } = solved;
    const wanted = { hash: tokenHash, scope, attemptId };
    if (isClaimed) {
      const isOurs = await claims.confirm(wanted, keepMs);
      return isOurs ? { kind: 'ok', isRepeat } : { kind: 'unavailable', reason: 'claim-lost' };
    }
    const claimed = await claims.claim({ ...wanted, state: 'ok' }, keepMs);
    if (claimed.kind === 'claimed') return { kind: 'ok', isRepeat: false };
    return isOwnRepeat(claimed.by, wanted) ? { kind: 'ok', isRepeat: true } : { kind: 'replayed' };
  }

  async #check(
    provider: LocalCaptcha,
    question: CaptchaQuestion,
    attemptId: string,
  ): Promise<SolvedCaptcha | CaptchaRefusal> {
    const verdict = await provider.check(question);
    if (verdict.kind !== 'valid') return verdict;
    const { hash: tokenHash, expiresAtMs } = verdict;
    const keepMs = Math.max(0, expiresAtMs - question.nowMs) + this.#marginMs;
    const { scope } = question;
    return { kind: 'solved', hash: tokenHash, scope, attemptId, keepMs, isClaimed: false, isRepeat: false };
  }

  async #ask(
    provider: RemoteCaptcha,
    question: CaptchaQuestion,
    attemptId: string,
  ): Promise<SolvedCaptcha | CaptchaRefusal> {
    const { scope } = question;
    const tokenHash = hash('sha256', question.token);
    const wanted = { hash: tokenHash, scope, attemptId };
    const keepMs = provider.tokenMs + this.#marginMs;
    const solved = { kind: 'solved', ...wanted, keepMs, isClaimed: true, isRepeat: false } as const;
    const claimed = await this.#claims.claim({ ...wanted, state: 'checking' }, provider.tokenMs + askingMs);
    if (claimed.kind === 'taken')
      return isOwnRepeat(claimed.by, wanted) ? { ...solved, isRepeat: true } : { kind: 'replayed' };
    const answer = await provider.ask(question, uuid5(attemptId, tokenHash));
    if (answer.kind === 'valid') return solved;
    if (answer.kind === 'unavailable') {
      const { reason, detail } = answer;
      this.#log.warn({ provider: provider.name, reason, detail, scope }, 'captcha provider unavailable');
      await this.#claims.withdraw(wanted);
    }
    return answer;
  }
}

function isScope(scope: string): boolean {
  return /^[\w:.-]{1,128}$/.test(scope);
}

/** Printable and without blanks, whoever made it. */
function isToken(token: string, longest: number): boolean {
  return token.length <= longest && /^[\x21-\x7e]+$/.test(token);
}
