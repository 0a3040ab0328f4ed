/**
 * The decision on a refresh token, on the family as it is under its lock. Pure: no clock, no store.
 *
 * Garbage is refused before anything that could revoke, so that a forged token is no kill switch. Whoever asks twice with
 * the same token, or asks again because the answer was lost, gets the same successor: a family never forks.
 *
 * Times are compared as the wall clock says. One that was set back makes the grace of the token before the newest as much
 * longer, and it is answered with the same successor still; the next rotation writes the new time.
 */
import type { RefreshOutcome, RefreshRefusal } from './refresh-outcome.ts';
import { sessionOf } from './refresh-outcome.ts';
import { isGenuine, isSameText, type PresentedToken, refreshTokenOf } from './refresh-token.ts';
import { revoke, type TokenFamily } from './token-family.ts';
import type { TokenPolicy } from './token-policy.ts';

export interface RefreshQuestion {
  readonly presented: PresentedToken;
  /** Whose tokens are accepted here. */
  readonly profile: string;
  /** As the client's cookie says, for the extension for lost responses. */
  readonly deviceId: string | undefined;
  readonly policy: TokenPolicy;
  readonly nowMs: number;
}

export interface RefreshDecision {
  readonly outcome: RefreshOutcome;
  /** What has to be stored, durably, before the outcome is told; absent: nothing. */
  readonly family?: TokenFamily;
}

export function decideRefresh(family: TokenFamily | undefined, question: RefreshQuestion): RefreshDecision {
  const { presented, profile, nowMs } = question;
  const stranger = refusalOfStranger(family, presented, profile);
  if (family === undefined || stranger !== undefined) return refuse(stranger ?? { reason: 'unknown' });
  const refused = (refusal: RefreshRefusal) => refuse(refusal, family, presented);
  if (family.revokedAtMs !== null) return refused({ reason: 'revoked', revokedReason: family.revokedReason });
  if (nowMs > Math.min(family.idleExpiresAtMs, family.absoluteExpiresAtMs))
    return refused({ reason: 'expired' });
  if (presented.generation > family.generation) return refused({ reason: 'ahead' });
  if (presented.generation === family.generation) return rotate(family, question);
  if (isWithinGrace(family, question)) return { outcome: granted('repeated', family) };
  const isLikelyLost = isOwnPredecessor(family, question);
  if (isLikelyLost && nowMs - family.rotatedAtMs <= question.policy.lostResponseMs)
    return { outcome: granted('repeated', family) };
  return { ...refused({ reason: 'reused', isLikelyLost }), family: revoke(family, 'reuse', nowMs) };
}

/**
 * Why it is no token of the family, if it is none. Nothing that is looked at ever changes, so a family that was read without
 * its lock is good enough: garbage keeps nobody waiting.
 */
export function refusalOfStranger(
  family: TokenFamily | undefined,
  presented: PresentedToken,
  profile: string,
): RefreshRefusal | undefined {
  if (family === undefined) return { reason: 'unknown' };
  if (family.profile !== profile) return { reason: 'foreign-profile' };
  return isGenuine(family, presented) ? undefined : { reason: 'forged' };
}

function rotate(family: TokenFamily, { policy, nowMs }: RefreshQuestion): RefreshDecision {
  const next = {
    ...family,
    generation: family.generation + 1,
    rotatedAtMs: nowMs,
    idleExpiresAtMs: nowMs + policy.idleMs,
  };
  return { outcome: granted('rotated', next), family: next };
}

/** The time of the rotation is not touched: the grace does not get longer by being used. */
function isWithinGrace(family: TokenFamily, { presented, policy, nowMs }: RefreshQuestion): boolean {
  return presented.generation === family.generation - 1 && nowMs - family.rotatedAtMs <= policy.graceMs;
}

/** The device of the family, and nobody has presented the newest token: whoever does makes a newer one. */
function isOwnPredecessor(family: TokenFamily, { presented, deviceId }: RefreshQuestion): boolean {
  if (presented.generation !== family.generation - 1) return false;
  return family.deviceId !== null && deviceId !== undefined && isSameText(family.deviceId, deviceId);
}

function granted(kind: 'rotated' | 'repeated', family: TokenFamily): RefreshOutcome {
  return { kind, token: refreshTokenOf(family, family.generation), session: sessionOf(family) };
}

/** With the family of a genuine token. */
function refuse(refusal: RefreshRefusal, family?: TokenFamily, presented?: PresentedToken): RefreshDecision {
  if (family === undefined || presented === undefined)
    return { outcome: { kind: 'refused', isSuperseded: false, ...refusal } };
  const { familyId, userId, generation } = family;
  const isSuperseded = presented.generation < generation;
  return { outcome: { kind: 'refused', familyId, userId, isSuperseded, ...refusal } };
}
