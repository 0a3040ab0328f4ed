/**
 * The limits in front of every question about a password: of the network, of account and network, and of the account. An
 * account counts under the one form of its address, because there are endless ways of writing one; what is no address
 * counts as it was typed.
 */
import { type Clock, type HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import {
  FallbackRateLimits,
  IpSalt,
  type LoginLimits as Limits,
  type LoginCharge,
  LoginLimiter,
  type RateLimitHeaders,
} from '@holdfast/runtime-stores';
import { TruthRateLimits, TruthSaltStore } from '@holdfast/runtime-stores/sql';
import type { Truth } from '@holdfast/truth-db';
import { addressOf } from './accounts.ts';
import { loginProfile } from './login-families.ts';

export interface LoginLimitsOptions {
  readonly truth: Truth;
  readonly limits?: Limits | undefined;
  /** Hears that the store of the limits cannot answer. */
  readonly onFailure?: ((error: HoldfastError) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface ChargedAttempt {
  readonly kind: 'allowed';
  readonly needsCaptcha: boolean;
  /** How long the answer is kept back, in milliseconds: at most 5 s. */
  readonly delayMs: number;
  readonly headers: RateLimitHeaders;
  /** Gives back what the account was charged, after the right password. */
  readonly refund: () => Promise<void>;
}

export type ChargeOutcome =
  | ChargedAttempt
  | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly headers: RateLimitHeaders }
  /** Nobody can count: 503. */
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number };

const defaultRetryAfterMs = 1_000;

export class LoginLimits {
  readonly #store: FallbackRateLimits;
  readonly #salt: IpSalt;
  readonly #limiter: LoginLimiter;

  constructor({ truth, limits, onFailure, clock }: LoginLimitsOptions) {
    // The clock of this machine gives way to that of the database server, which is the same for all hosts.
    const timed = clock === undefined || clock === systemClock ? {} : { clock };
    const store = new TruthRateLimits(truth, timed);
    this.#store = new FallbackRateLimits({ store, ...(onFailure && { onFailure }), ...timed });
    this.#salt = new IpSalt({ store: new TruthSaltStore(truth, timed), ...timed });
    this.#limiter = new LoginLimiter({
      store: this.#store,
      hashes: this.#salt,
      ...(limits && { limits }),
    });
  }

  /** Once per attempt, before anything is looked up. */
  async charge(email: string, address: string): Promise<ChargeOutcome> {
    const attempt = { profile: loginProfile, ip: address, account: addressOf(email) ?? email };
    try {
      const charge = await this.#limiter.charge(attempt);
      if (charge.kind === 'refused') return limitedBy(charge);
      const { needsCaptcha, delayMs, headers } = charge;
      const refund = () => this.#limiter.refundAccount(attempt, charge);
      return { kind: 'allowed', needsCaptcha, delayMs, headers, refund };
    } catch (error) {
      if (!isHoldfastError(error, 'RATE_LIMIT_UNAVAILABLE')) throw error;
      const { retryAfterMs } = error.details;
      return {
        kind: 'unavailable',
        retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : defaultRetryAfterMs,
      };
    }
  }

  /** Forgets full buckets, and rotates the salt when that is due. @returns how many buckets */
  async sweep(signal?: AbortSignal): Promise<number> {
    await this.#salt.rotateIfDue();
    return (await this.#store.sweep(signal === undefined ? {} : { signal })).removed;
  }
}

function limitedBy({ retryAfterMs, headers }: Extract<LoginCharge, { kind: 'refused' }>): ChargeOutcome {
  return { kind: 'limited', retryAfterMs, headers };
}
