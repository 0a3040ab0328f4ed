/**
 * Charges a login attempt before its password is looked at, and gives the account's share back when it was right. The
 * buckets of the network and of account and network refuse; the account's never does, since that would be a way to lock
 * others out: when it is empty the attempt costs a CAPTCHA and time.
 *
 * A right password does not refill the bucket of the network: one account of one's own would pay for guessing all others.
 */
import {
  defaultLoginLimits,
  type LoginAttempt,
  type LoginBucket,
  type LoginBucketKind,
  type LoginLimits,
  loginBuckets,
} from './login-buckets.ts';
import type { RateDecision, RateLimitStore } from './rate-limit.ts';
import { type RateLimitHeaders, rateLimitHeaders } from './rate-limit-headers.ts';
import { type KeyHashes, SaltedRateLimits } from './salted-rate-limits.ts';

export interface LoginLimiterOptions {
  /** A `FallbackRateLimits` over the store in use; or, in the transaction of the attempt, `sqlRateLimits(trx)`. */
  readonly store: Pick<RateLimitStore, 'take' | 'refund'>;
  /** An `IpSalt`. Addresses and accounts are stored as what it makes of them. */
  readonly hashes: KeyHashes;
  readonly limits?: LoginLimits;
  /** Longest delay of an answer, in milliseconds. Default 5000. */
  readonly longestDelayMs?: number;
}

export type LoginCharge = {
  /** For the response, refused or not: about the network only. */
  readonly headers: RateLimitHeaders;
} & (
  | {
      readonly kind: 'allowed';
      /** The account is tried by many: ask for a CAPTCHA, whatever the password is. */
      readonly needsCaptcha: boolean;
      /** How long to keep the answer back, in milliseconds. */
      readonly delayMs: number;
      /** Whether there is something to give back. */
      readonly hasChargedAccount: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly by: Exclude<LoginBucketKind, 'account'>;
      readonly retryAfterMs: number;
    }
);

const defaultLongestDelayMs = 5_000;

export class LoginLimiter {
  readonly #buckets: SaltedRateLimits;
  readonly #limits: LoginLimits;
  readonly #longestDelayMs: number;

  constructor({ store, hashes, limits, longestDelayMs }: LoginLimiterOptions) {
    this.#buckets = new SaltedRateLimits(store, hashes);
    this.#limits = limits ?? defaultLoginLimits;
    this.#longestDelayMs = longestDelayMs ?? defaultLongestDelayMs;
  }

  /**
   * To be called once per attempt, before anything is looked up. What was charged before a refusal stays charged.
   *
   * @throws HoldfastError USAGE - the attempt has no IP address
   * @throws HoldfastError RATE_LIMIT_UNAVAILABLE - as `FallbackRateLimits`: answer 503, not 429
   */
  async charge(attempt: LoginAttempt): Promise<LoginCharge> {
    const [ip, accountIp, account] = loginBuckets(attempt, this.#limits);
    const network = await this.#take(ip);
    if (!network.isAllowed) return refused('ip', ip, network, network);
    const pair = await this.#take(accountIp);
    if (!pair.isAllowed) return refused('account-ip', ip, network, pair);
    const { isAllowed, retryAfterMs } = await this.#take(account);
    return {
      kind: 'allowed',
      headers: rateLimitHeaders(ip.limit, network),
      needsCaptcha: !isAllowed,
      delayMs: Math.min(retryAfterMs, this.#longestDelayMs),
      hasChargedAccount: isAllowed,
    };
  }

  /**
   * After the right password, or where none was looked at, with what `charge` has answered: gives back what account and pair
   * were charged. Whoever logs in often from one place is no guesser.
   *
   * @throws as `charge`
   */
  async refundAccount(attempt: LoginAttempt, charge: LoginCharge): Promise<void> {
    if (charge.kind !== 'allowed') return;
    const [, pair, account] = loginBuckets(attempt, this.#limits);
    await this.#buckets.refund(pair.limit, pair.text);
    if (charge.hasChargedAccount) await this.#buckets.refund(account.limit, account.text);
  }

  #take({ limit, text }: LoginBucket): Promise<RateDecision> {
    return this.#buckets.take(limit, text);
  }
}

/** The field tells of the network, its time that of the bucket that refuses, as `Retry-After` has to. */
function refused(
  by: 'ip' | 'account-ip',
  ip: LoginBucket,
  network: RateDecision,
  { retryAfterMs }: RateDecision,
): LoginCharge {
  const headers = rateLimitHeaders(ip.limit, { ...network, isAllowed: false, retryAfterMs });
  return { kind: 'refused', by, retryAfterMs, headers };
}
