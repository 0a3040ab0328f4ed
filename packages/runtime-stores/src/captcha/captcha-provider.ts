/** Who can tell whether a CAPTCHA was solved: we ourselves, or a service. */
import type { CaptchaRefusal } from './captcha-outcome.ts';

/** No token counts for longer, in milliseconds: what stewards go by, who have to know when a claim is of no use any more. */
export const longestTokenMs = 3_600_000;

export interface CaptchaQuestion {
  readonly token: string;
  /** What it has to have been solved for. */
  readonly scope: string;
  /** Of the login that was begun, where the provider carries it. */
  readonly nonce?: string | undefined;
  readonly remoteIp?: string | undefined;
  /** Wall clock. */
  readonly nowMs: number;
}

/** Decides without asking anybody, before anything is written. */
export interface LocalCaptcha {
  readonly kind: 'local';
  readonly name: string;
  readonly longestToken: number;
  check(question: CaptchaQuestion): Promise<LocalVerdict>;
}

export type LocalVerdict =
  | {
      readonly kind: 'valid';
      /** By which it is used once, however its text is spelled: 64 hexadecimal digits. */
      readonly hash: string;
      readonly expiresAtMs: number;
    }
  | CaptchaRefusal;

/** Asks a service over the network, which counts uses itself: the claim is made before. */
export interface RemoteCaptcha {
  readonly kind: 'remote';
  readonly name: string;
  readonly longestToken: number;
  /** How long after it was solved a token passes, in milliseconds. */
  readonly tokenMs: number;
  /** @param idempotencyKey - a UUID, the same for a question that is asked again */
  ask(
    question: CaptchaQuestion,
    idempotencyKey: string,
  ): Promise<{ readonly kind: 'valid' } | CaptchaRefusal>;
}

export type CaptchaProvider = LocalCaptcha | RemoteCaptcha;
