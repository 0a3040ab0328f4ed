/**
 * The three buckets of a login attempt, in the order in which they are charged: the network wide, account and network
 * together tight, the account wide and slow. By network alone botnets get through; by account alone anybody can lock a
 * user out. All of them are of one profile: attempts against one login page say nothing about another.
 *
 * An account is charged whether it exists or not: what is limited must not tell who is a user.
 */
import { HoldfastError } from '@holdfast/base';
import { accountName } from './account-name.ts';
import { addressNetwork, type Ipv6PrefixBits } from './address-network.ts';
import type { RateLimit } from './rate-limit.ts';

export type LoginBucketKind = 'ip' | 'account-ip' | 'account';

export interface LoginAttempt {
  /** Which login it is, `panel`. */
  readonly profile: string;
  /** Of the client, from a proxy that is trusted by its address. */
  readonly ip: string;
  /** As it was typed. */
  readonly account: string;
}

export interface LoginBucket {
  readonly kind: LoginBucketKind;
  readonly limit: RateLimit;
  /** To be hashed before it is stored: it says who tried from where. */
  readonly text: string;
}

export interface LoginLimits {
  readonly ip: RateLimit;
  readonly accountIp: RateLimit;
  readonly account: RateLimit;
  /** Default 64. */
  readonly ipv6PrefixBits?: Ipv6PrefixBits;
}

const hourMs = 3_600_000;

export const defaultLoginLimits: LoginLimits = {
  ip: Object.freeze({ name: 'login-ip', limit: 120, periodMs: hourMs, burst: 30 }),
  accountIp: Object.freeze({ name: 'login-account-ip', limit: 20, periodMs: hourMs, burst: 5 }),
  account: Object.freeze({ name: 'login-account', limit: 30, periodMs: hourMs, burst: 15 }),
};

/** @throws HoldfastError USAGE - no IP address, or no profile */
export function loginBuckets(
  { profile, ip, account }: LoginAttempt,
  limits: LoginLimits = defaultLoginLimits,
): readonly [ip: LoginBucket, accountIp: LoginBucket, account: LoginBucket] {
  if (profile === '') throw new HoldfastError('USAGE', 'a login attempt is of no profile');
  const network = addressNetwork(ip, limits.ipv6PrefixBits);
  const name = accountName(account);
  const text = (kind: LoginBucketKind, ...parts: readonly string[]) =>
    JSON.stringify([profile, kind, ...parts]);
  return [
    { kind: 'ip', limit: limits.ip, text: text('ip', network) },
    { kind: 'account-ip', limit: limits.accountIp, text: text('account-ip', name, network) },
    { kind: 'account', limit: limits.account, text: text('account', name) },
  ];
}
