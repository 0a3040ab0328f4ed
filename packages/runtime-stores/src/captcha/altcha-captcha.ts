/**
 * A CAPTCHA of our own: proof of work through altcha-lib. A challenge says in its signed parameters for which scope it was
 * made and until when it counts; the widget sends back both, and the solution, as base64 of JSON.
 *
 * A challenge is used once, not a text: the same solution can be spelled in many ways, and a challenge has many solutions.
 * So what is claimed is its signature, of which there is one spelling. Nothing is kept of challenges that nobody solves.
 *
 * It asks for work, which machines can do: it makes guessing dear, and tells nobody apart.
 */
import { hash } from 'node:crypto';
import { HoldfastError } from '@holdfast/base';
import { type Challenge, createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { DeriveKeyFunction } from 'altcha-lib/types';
import type { CaptchaRefusal } from './captcha-outcome.ts';
import {
  type CaptchaQuestion,
  type LocalCaptcha,
  type LocalVerdict,
  longestTokenMs,
} from './captcha-provider.ts';
import { parseSolvedChallenge, type SolvedChallenge } from './solved-challenge.ts';

export interface AltchaCaptchaOptions {
  /** At least 16 characters; whoever has it makes challenges that are solved. Never logged. */
  readonly secret: string;
  /** How long a challenge counts, in milliseconds: an hour at the most. Default 5 minutes. */
  readonly challengeMs?: number;
  /** Iterations of PBKDF2 in each try, of which a check makes one. Default 5000: 0.7 ms of a server. */
  readonly cost?: number;
  /** What the derived key has to begin with, in hexadecimal digits: two are 256 tries on average. Default `00`. */
  readonly keyPrefix?: string;
}

export interface AltchaCaptcha extends LocalCaptcha {
  /** For the widget, as JSON. @param nowMs - wall clock */
  challenge(scope: string, nowMs: number, nonce?: string): Promise<Challenge>;
}

const shortestSecret = 16;
const algorithm = 'PBKDF2/SHA-256';

/** @throws HoldfastError CONFIG_INVALID - no secret or a short one, no time, or work that nobody can do */
export function altchaCaptcha(options: AltchaCaptchaOptions): AltchaCaptcha {
  const { secret, challengeMs = 300_000, cost = 5_000, keyPrefix = '00' } = options;
  requireUsable({ secret, challengeMs, cost, keyPrefix });
  return {
    kind: 'local',
    name: 'altcha',
    longestToken: 4_096,
    challenge: (scope, nowMs, nonce) => {
      const expiresAtMs = nowMs + challengeMs;
      return createChallenge({
        algorithm,
        cost,
        keyPrefix,
        deriveKey,
        hmacSignatureSecret: secret,
        // For the widget, which asks for another one then; in whole seconds, never before ours.
        expiresAt: Math.ceil(expiresAtMs / 1_000),
        data: { scope, expiresAtMs, ...(nonce === undefined ? {} : { nonce }) },
      });
    },
    check: async (question) => {
      const solved = parseSolvedChallenge(question.token);
      return solved === undefined
        ? { kind: 'invalid', reason: 'malformed' }
        : await verify(secret, solved, question);
    },
  };
}

/**
 * The library looks at its own expiry, by the clock of the machine, and at the signature, and asks for a key only then:
 * so for what is signed and is not for us nothing is computed.
 */
async function verify(
  secret: string,
  { challenge, solution }: SolvedChallenge,
  question: CaptchaQuestion,
): Promise<LocalVerdict> {
  const refusal = refusalOf(challenge.parameters.data, question);
  const deriveUnlessRefused: DeriveKeyFunction = (parameters, salt, password) =>
    refusal === undefined
      ? deriveKey(parameters, salt, password)
      : Promise.resolve({ derivedKey: new Uint8Array(0) });
  const result = await verifySolution({
    challenge,
    solution,
    deriveKey: deriveUnlessRefused,
    hmacSignatureSecret: secret,
  });
  if (result.expired) return { kind: 'expired' };
  if (result.invalidSignature !== false) return { kind: 'invalid', reason: 'signature' };
  if (refusal !== undefined) return refusal;
  if (!result.verified) return { kind: 'invalid', reason: 'work' };
  const { expiresAtMs } = challenge.parameters.data;
  return { kind: 'valid', hash: hash('sha256', `altcha:${challenge.signature}`), expiresAtMs };
}

function refusalOf(
  { scope, expiresAtMs, nonce }: SolvedChallenge['challenge']['parameters']['data'],
  question: CaptchaQuestion,
): CaptchaRefusal | undefined {
  if (expiresAtMs < question.nowMs) return { kind: 'expired' };
  if (scope !== question.scope) return { kind: 'invalid', reason: 'scope' };
  if (nonce !== question.nonce) return { kind: 'invalid', reason: 'nonce' };
  return undefined;
}

function requireUsable({ secret, challengeMs, cost, keyPrefix }: Required<AltchaCaptchaOptions>): void {
  const refuse = (text: string) => new HoldfastError('CONFIG_INVALID', `ALTCHA challenges ${text}`);
  if (typeof secret !== 'string' || secret.length < shortestSecret)
    throw refuse(`need a secret of ${shortestSecret} characters`);
  if (!Number.isSafeInteger(challengeMs) || challengeMs <= 0 || challengeMs > longestTokenMs)
    throw refuse(`count for ${challengeMs} ms, not for 1 to ${longestTokenMs}`);
  if (!Number.isSafeInteger(cost) || cost < 1) throw refuse(`cost ${cost} iterations, not 1 or more`);
  if (!/^[0-9a-f]{1,6}$/.test(keyPrefix))
    throw refuse('ask for a prefix that is not 1 to 6 digits of 0-9, a-f');
}
