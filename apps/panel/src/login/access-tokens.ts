/**
 * Access tokens: a JWT that says who somebody is, and of which family and generation of refresh tokens it comes. It is
 * signed with HS256 and nothing else, whatever a token says of itself.
 *
 * Nobody believes a token that is good for longer than any of ours ever is: after a clock was set back, those of before
 * are refused until they would have expired, instead of living on by as much. Whether the family still stands is not
 * looked at here.
 */
import { webcrypto } from 'node:crypto';
import { type Clock, HoldfastError, systemClock } from '@holdfast/base';
import { sign, verify } from 'hono/jwt';
import type { Account } from './accounts.ts';
import { parsePrincipal } from './principal.ts';

export interface AccessTokensOptions {
  /** 32 bytes, the same in all processes of a panel. */
  readonly key: Buffer;
  /** How long a token is good for, in milliseconds: at most 10 minutes. Default 5 minutes. */
  readonly lifetimeMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface AccessClaims {
  readonly principal: string;
  readonly familyId: string;
  readonly generation: number;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

interface TokenSource {
  readonly familyId: string;
  readonly generation: number;
  readonly absoluteExpiresAtMs: number;
}

const audience = 'holdfast-panel';
const longestLifetimeMs = 600_000;
const defaultLifetimeMs = 300_000;
/** Ours have some 300 characters. */
const longestToken = 1_024;
const algorithm = { name: 'HMAC', hash: 'SHA-256' } as const;

export class AccessTokens {
  readonly #key: Promise<webcrypto.CryptoKey>;
  readonly #lifetimeMs: number;
  readonly #clock: Clock;

  /** @throws HoldfastError CONFIG_INVALID - a lifetime that cannot be */
  constructor({ key, lifetimeMs = defaultLifetimeMs, clock = systemClock }: AccessTokensOptions) {
    if (!Number.isSafeInteger(lifetimeMs) || lifetimeMs < 1_000 || lifetimeMs > longestLifetimeMs)
      throw new HoldfastError(
        'CONFIG_INVALID',
        `access tokens are good for ${lifetimeMs} ms, not for 1000 to ${longestLifetimeMs}`,
      );
    this.#key = webcrypto.subtle.importKey('raw', new Uint8Array(key), algorithm, false, ['sign', 'verify']);
    this.#lifetimeMs = lifetimeMs;
    this.#clock = clock;
  }

  async issue({ principal, role, id }: Account, source: TokenSource): Promise<AccessToken> {
    const nowMs = this.#clock.wallMs();
    const exp = Math.floor(Math.min(nowMs + this.#lifetimeMs, source.absoluteExpiresAtMs) / 1_000);
    const payload = {
      sub: principal,
      role,
      ...(role === 'customer' && { cid: id }),
      fam: source.familyId,
      gen: source.generation,
      aud: audience,
      iat: Math.floor(nowMs / 1_000),
      exp,
    };
    return { token: await sign(payload, await this.#key, 'HS256'), expiresAtMs: exp * 1_000 };
  }

  /** @returns undefined for what is none of ours, or not good any more */
  async read(token: string): Promise<AccessClaims | undefined> {
    if (token.length > longestToken) return undefined;
    const payload = await this.#verified(token);
    if (payload === undefined) return undefined;
    const { sub, fam: familyId, gen: generation, aud, exp } = payload;
    if (aud !== audience || typeof exp !== 'number' || !this.#isGood(exp * 1_000)) return undefined;
    if (typeof sub !== 'string' || parsePrincipal(sub) === undefined) return undefined;
    if (typeof familyId !== 'string' || typeof generation !== 'number') return undefined;
    return { principal: sub, familyId, generation };
  }

  async #verified(token: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const key = await this.#key;
    try {
      // Times are looked at by our own clock.
      return (await verify(token, key, { alg: 'HS256', exp: false, iat: false, nbf: false })) ?? undefined;
    } catch {
      // Whatever it stumbles over in the text of a stranger, it is no token.
      return undefined;
    }
  }

  #isGood(expiresAtMs: number): boolean {
    const leftMs = expiresAtMs - this.#clock.wallMs();
    return leftMs > 0 && leftMs <= longestLifetimeMs;
  }
}
