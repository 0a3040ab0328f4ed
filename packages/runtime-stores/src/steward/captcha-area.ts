/** The claims of CAPTCHAs as an area. */
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { captchaScope, FileCaptchaClaims, storedClaimSchema } from '../captcha/file-captcha-claims.ts';
import { KeyedArea } from './keyed-area.ts';

export interface CaptchaAreaOptions {
  readonly directory: string;
  readonly runner: LockRunner;
  /** How long a sweep waits for the lock of a document, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

/** Longer than a challenge of any provider may be solved, and the margin for clocks behind it. */
export const longestClaimMs = 2 * 3_600_000;

export function captchaArea({ clock = systemClock, ...options }: CaptchaAreaOptions): KeyedArea {
  const { documents } = new FileCaptchaClaims({ ...options, clock });
  return new KeyedArea({
    store: 'captcha',
    name: captchaScope,
    directory: options.directory,
    durability: 'full',
    longestLifeMs: longestClaimMs,
    clock,
    sets: [
      {
        documents,
        entry: storedClaimSchema,
        isExpired: ({ expiresAtMs }, nowMs) => expiresAtMs < nowMs,
        describe: ({ scope, state, expiresAtMs }, nowMs) => ({ scope, state, endsInMs: expiresAtMs - nowMs }),
      },
    ],
  });
}
