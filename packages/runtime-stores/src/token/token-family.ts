/**
 * A family: one login of one user on one device in one profile, as a store keeps it. It holds no token: tokens are computed
 * from its secret, so the answer that got lost can be given again without having been kept.
 *
 * The secret makes every token of the family. It belongs in no log, report or listing: see `describeFamily`.
 */

export type RevocationReason = 'logout' | 'password_change' | 'admin' | 'reuse';

export interface TokenFamily {
  /** 32 hexadecimal digits. */
  readonly familyId: string;
  readonly profile: string;
  readonly userId: string;
  /** Of the cookie that names the device, where there is one. */
  readonly deviceId: string | null;
  /** 32 random bytes in hexadecimal digits. */
  readonly secret: string;
  /** Of the newest token, from 1. */
  readonly generation: number;
  /** When the newest token was first given out, in milliseconds since the Unix epoch, as all times here. */
  readonly rotatedAtMs: number;
  /** Moves on with every rotation. */
  readonly idleExpiresAtMs: number;
  /** Never moves. */
  readonly absoluteExpiresAtMs: number;
  readonly revokedAtMs: number | null;
  readonly revokedReason: RevocationReason | null;
}

/** What may be shown of a family. */
export type FamilyDescription = Omit<TokenFamily, 'secret'>;

export function describeFamily({ secret: _, ...family }: TokenFamily): FamilyDescription {
  return family;
}

/** A family that was revoked stays as it is: the first reason counts. */
export function revoke(family: TokenFamily, reason: RevocationReason, nowMs: number): TokenFamily {
  if (family.revokedAtMs !== null) return family;
  return { ...family, revokedAtMs: nowMs, revokedReason: reason };
}
