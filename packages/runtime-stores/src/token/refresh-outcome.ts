/** What became of a refresh, and what HTTP says of it. */
import type { RevocationReason, TokenFamily } from './token-family.ts';

/** What an access token says about where it comes from: `RevokedFamilies` asks for it. */
export interface TokenSession {
  readonly familyId: string;
  readonly profile: string;
  readonly userId: string;
  readonly deviceId: string | null;
  /** Of the refresh token that was given out with it. */
  readonly generation: number;
  readonly idleExpiresAtMs: number;
  readonly absoluteExpiresAtMs: number;
}

export type RefreshRefusal =
  /** Not the text of a token. */
  | { readonly reason: 'malformed' }
  /** No such family (any more), one of another profile, or a MAC that is not ours. Changes nothing. */
  | { readonly reason: 'unknown' | 'foreign-profile' | 'forged' }
  | { readonly reason: 'revoked'; readonly revokedReason: RevocationReason | null }
  | { readonly reason: 'expired' }
  /** An old token outside the grace: the family was revoked before this was told. */
  | {
      readonly reason: 'reused';
      /** The extension for lost responses would have answered it, or was refused for its time only: for a metric. */
      readonly isLikelyLost: boolean;
    }
  /** Newer than the newest: the store was put back from a backup, or the secret is known to somebody. An alarm. */
  | { readonly reason: 'ahead' };

export type RefreshOutcome =
  /** `repeated`: the grace has given the successor once more, the same. */
  | { readonly kind: 'rotated' | 'repeated'; readonly token: string; readonly session: TokenSession }
  | ({
      readonly kind: 'refused';
      /** Of a genuine token: whose it is. */
      readonly familyId?: string;
      readonly userId?: string;
      /** A genuine token that is not the newest: whoever has it may have a newer one already. */
      readonly isSuperseded: boolean;
    } & RefreshRefusal);

/** What a front end answers. It never deletes cookies: the winner of a race has just set them. */
export interface RefreshAnswer {
  readonly status: 200 | 401;
  /** `refresh_superseded`: read the cookies again and repeat the request once. `invalid_grant`: log in. */
  readonly code: 'refreshed' | 'refresh_superseded' | 'invalid_grant';
  readonly clearsCookies: false;
}

export function refreshAnswer(outcome: RefreshOutcome): RefreshAnswer {
  if (outcome.kind !== 'refused') return { status: 200, code: 'refreshed', clearsCookies: false };
  const code = outcome.isSuperseded ? 'refresh_superseded' : 'invalid_grant';
  return { status: 401, code, clearsCookies: false };
}

export function sessionOf(family: TokenFamily): TokenSession {
  const { familyId, profile, userId, deviceId, generation, idleExpiresAtMs, absoluteExpiresAtMs } = family;
  return { familyId, profile, userId, deviceId, generation, idleExpiresAtMs, absoluteExpiresAtMs };
}
