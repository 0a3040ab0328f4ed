/**
 * What a siteverify service says of a token, and whether that is enough: it was solved, on a page of ours, for this action,
 * not too long ago, in this login. Pure. An answer that has not the agreed shape is none.
 *
 * @see https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 * @see https://developers.google.com/recaptcha/docs/verify and https://docs.hcaptcha.com/#verify-the-user-response-server-side
 */
import * as z from 'zod/mini';
import type { CaptchaRefusal } from './captcha-outcome.ts';

const answerSchema = z.object({
  success: z.boolean(),
  hostname: z.nullish(z.string()),
  action: z.nullish(z.string()),
  challenge_ts: z.nullish(z.string()),
  cdata: z.nullish(z.string()),
  score: z.nullish(z.number()),
  'error-codes': z.nullish(z.array(z.string())),
});

export type SiteverifyAnswer = z.infer<typeof answerSchema>;

export interface SiteverifyExpectation {
  /** In lower case. */
  readonly hostnames: readonly string[];
  /** Undefined where the service knows no actions. */
  readonly action: string | undefined;
  /** Undefined where the login has none, or the service does not carry one. */
  readonly nonce: string | undefined;
  readonly tokenMs: number;
  /** 0 where the service gives none. */
  readonly leastScore: number;
  readonly nowMs: number;
}

/** Codes that speak of us or of the service, not of the token. */
const ourFault: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'invalid-or-already-seen-secret',
  'sitekey-secret-mismatch',
  'not-using-dummy-passcode',
  'invalid-keys',
  'bad-request',
]);
const passing = 'internal-error';
const tooOld: ReadonlySet<string> = new Set(['timeout-or-duplicate', 'expired-input-response']);
const seen = 'already-seen-response';

/** @returns undefined for what is no answer */
export function parseSiteverifyAnswer(value: unknown): SiteverifyAnswer | undefined {
  const checked = answerSchema.safeParse(value);
  return checked.success ? checked.data : undefined;
}

export function judgeSiteverify(
  answer: SiteverifyAnswer,
  expected: SiteverifyExpectation,
): { readonly kind: 'valid' } | CaptchaRefusal {
  if (!answer.success) return refusalOf(answer['error-codes'] ?? []);
  const { hostname, action, cdata, score } = answer;
  if (!expected.hostnames.includes((hostname ?? '').toLowerCase()))
    return { kind: 'invalid', reason: 'hostname' };
  if (differs(action, expected.action)) return { kind: 'invalid', reason: 'scope' };
  if (differs(cdata, expected.nonce)) return { kind: 'invalid', reason: 'nonce' };
  if (expected.leastScore > 0 && (score ?? 0) < expected.leastScore)
    return { kind: 'invalid', reason: 'score' };
  return judgeAge(answer, expected);
}

function differs(found: string | null | undefined, expected: string | undefined): boolean {
  return expected !== undefined && found !== expected;
}

/** A clock of ours that was set back lets nothing old through that the service would not. */
function judgeAge(
  { challenge_ts: solvedAt }: SiteverifyAnswer,
  { nowMs, tokenMs }: SiteverifyExpectation,
): { readonly kind: 'valid' } | CaptchaRefusal {
  const solvedAtMs = Date.parse(solvedAt ?? '');
  if (Number.isNaN(solvedAtMs)) return { kind: 'unavailable', reason: 'garbage' };
  return nowMs - solvedAtMs > tokenMs ? { kind: 'expired' } : { kind: 'valid' };
}

function refusalOf(codes: readonly string[]): CaptchaRefusal {
  if (codes.includes(passing)) return { kind: 'unavailable', reason: 'status' };
  if (codes.some((code) => ourFault.has(code))) return { kind: 'unavailable', reason: 'configuration' };
  if (codes.includes(seen)) return { kind: 'replayed' };
  return codes.some((code) => tooOld.has(code))
    ? { kind: 'expired' }
    : { kind: 'invalid', reason: 'refused' };
}
