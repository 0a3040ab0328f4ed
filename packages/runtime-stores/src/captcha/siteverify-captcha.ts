/**
 * A CAPTCHA of a service with a siteverify endpoint: Cloudflare Turnstile, reCAPTCHA, hCaptcha, and whatever speaks as they
 * do. `turnstile`, `recaptcha` and `hcaptcha` know what each says; the rest is here.
 *
 * A question is asked again once when nothing came of it, with the same idempotency key where the service knows one; where it
 * does not, the second answer may be that the token was used, which refuses it. No answer means unavailable, never yes.
 *
 * hCaptcha, and reCAPTCHA v2, say nothing about an action: there a token passes in any scope of the same host, once. Give
 * scopes that must not be mixed site keys, and secrets, of their own.
 */
import { HoldfastError } from '@holdfast/base';
import type { CaptchaRefusal } from './captcha-outcome.ts';
import { type CaptchaQuestion, longestTokenMs, type RemoteCaptcha } from './captcha-provider.ts';
import { judgeSiteverify, parseSiteverifyAnswer } from './siteverify-answer.ts';
import { postSiteverify } from './siteverify-post.ts';

export interface SiteverifyOptions {
  /** Of the service's account. Never logged, in no error and in nothing that can be printed. */
  readonly secret: string;
  /** On whose pages it may have been solved: `panel.example.com`. */
  readonly hostnames: readonly string[];
  /** Where to ask; https, or this machine. */
  readonly endpoint: string;
  /** For logs: `turnstile`. */
  readonly name: string;
  /** How long a token passes after it was solved, in milliseconds: an hour at the most. */
  readonly tokenMs: number;
  readonly longestToken: number;
  /** What the service compares for us or tells us to compare. */
  readonly carries: { readonly action: boolean; readonly nonce: boolean; readonly idempotencyKey: boolean };
  /** The action of a scope. Default: what is not a letter, a digit or `_` becomes `_`. */
  readonly actionOf?: (scope: string) => string;
  /** 0 to 1, of a service that gives a score. Default 0: not looked at. */
  readonly leastScore?: number;
  /** How long to wait for one answer, in milliseconds. Default 3000. */
  readonly timeoutMs?: number;
}

/** What is left to say where the service is known. */
export type KnownSiteverifyOptions = Pick<SiteverifyOptions, 'secret' | 'hostnames'> &
  Partial<Pick<SiteverifyOptions, 'endpoint' | 'actionOf' | 'leastScore' | 'timeoutMs'>>;

const tries = 2;

/** @throws HoldfastError CONFIG_INVALID - no secret, no host, or an endpoint that would carry the secret in the clear */
export function siteverifyCaptcha(options: SiteverifyOptions): RemoteCaptcha {
  const { name, tokenMs, longestToken, timeoutMs = 3_000 } = options;
  const endpoint = requireEndpoint(options);
  requireWhole(options);
  return {
    kind: 'remote',
    name,
    tokenMs,
    longestToken,
    ask: async (question, idempotencyKey) => {
      const form = formOf(options, question, idempotencyKey);
      let answer: Awaited<ReturnType<RemoteCaptcha['ask']>> = { kind: 'unavailable', reason: 'network' };
      for (let tried = 0; tried < tries; tried += 1) {
        const posted = await postSiteverify(endpoint, form, timeoutMs);
        answer = posted.kind === 'answered' ? judge(options, question, posted.body) : posted;
        if (answer.kind !== 'unavailable' || answer.reason === 'configuration') break;
      }
      return answer;
    },
  };
}

export function turnstile(options: KnownSiteverifyOptions): RemoteCaptcha {
  return siteverifyCaptcha({
    name: 'turnstile',
    endpoint: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    tokenMs: 300_000,
    longestToken: 2_048,
    carries: { action: true, nonce: true, idempotencyKey: true },
    ...options,
  });
}

/** Version 3, which has actions and scores; for version 2 give `siteverifyCaptcha` the same without `action`. */
export function recaptcha(options: KnownSiteverifyOptions): RemoteCaptcha {
  return siteverifyCaptcha({
    name: 'recaptcha',
    endpoint: 'https://www.google.com/recaptcha/api/siteverify',
    tokenMs: 120_000,
    longestToken: 8_192,
    carries: { action: true, nonce: false, idempotencyKey: false },
    leastScore: 0.5,
    ...options,
  });
}

export function hcaptcha(options: KnownSiteverifyOptions): RemoteCaptcha {
  return siteverifyCaptcha({
    name: 'hcaptcha',
    endpoint: 'https://api.hcaptcha.com/siteverify',
    tokenMs: 120_000,
    longestToken: 8_192,
    carries: { action: false, nonce: false, idempotencyKey: false },
    ...options,
  });
}

/** The action under which a widget has to ask for a CAPTCHA of a scope. */
export function actionOfScope(scope: string): string {
  return scope.replaceAll(/\W/g, '_');
}

function judge(
  { hostnames, carries, tokenMs, leastScore = 0, actionOf = actionOfScope }: SiteverifyOptions,
  { scope, nonce, nowMs }: CaptchaQuestion,
  body: unknown,
): { readonly kind: 'valid' } | CaptchaRefusal {
  const answer = parseSiteverifyAnswer(body);
  if (answer === undefined) return { kind: 'unavailable', reason: 'garbage' };
  return judgeSiteverify(answer, {
    hostnames: hostnames.map((hostname) => hostname.toLowerCase()),
    action: carries.action ? actionOf(scope) : undefined,
    nonce: carries.nonce ? nonce : undefined,
    tokenMs,
    leastScore,
    nowMs,
  });
}

function formOf(
  { secret, carries }: SiteverifyOptions,
  { token, remoteIp }: CaptchaQuestion,
  idempotencyKey: string,
): URLSearchParams {
  const form = new URLSearchParams({ secret, response: token });
  if (remoteIp !== undefined) form.set('remoteip', remoteIp);
  if (carries.idempotencyKey) form.set('idempotency_key', idempotencyKey);
  return form;
}

function requireEndpoint({ name, endpoint }: SiteverifyOptions): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLocal = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url !== undefined && (url.protocol === 'https:' || isLocal)) return url;
  throw new HoldfastError('CONFIG_INVALID', `the endpoint of ${name} is no https address`);
}

function requireWhole({
  name,
  secret,
  hostnames,
  tokenMs,
  timeoutMs = 1,
  leastScore = 0,
}: SiteverifyOptions): void {
  if (typeof secret !== 'string' || secret === '')
    throw new HoldfastError('CONFIG_INVALID', `${name} has no secret: nobody can be let through`);
  if (hostnames.length === 0)
    throw new HoldfastError('CONFIG_INVALID', `${name} has no host on which it may be solved`);
  for (const [what, ms] of Object.entries({ tokenMs, timeoutMs }))
    if (!Number.isSafeInteger(ms) || ms <= 0 || ms > longestTokenMs)
      throw new HoldfastError('CONFIG_INVALID', `${what} of ${name} is ${ms}, not 1 to ${longestTokenMs} ms`);
  if (!(leastScore >= 0 && leastScore <= 1))
    throw new HoldfastError('CONFIG_INVALID', `leastScore of ${name} is ${leastScore}, not 0 to 1`);
}
