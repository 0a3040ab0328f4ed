/**
 * Refresh tokens of one profile: given out, rotated with each use, revoked. See `decide-refresh.ts` for the rules and
 * `token-families.ts` for where families are kept.
 *
 * ```
 * issue    ─► v1.F.1.mac
 * refresh(v1.F.1.mac) ─► v1.F.2.mac      and once more, within 10 s or at the same moment: v1.F.2.mac
 * refresh(v1.F.1.mac) later              ─► family F is revoked, then refused
 * ```
 *
 * With a store in the caller's transaction an outcome counts when that has committed: commit also after a refusal, or the
 * revocation that it tells of has not happened.
 */
import { randomBytes } from 'node:crypto';
import { type Log, silentLog } from '@holdfast/base';
import type { SweepOptions } from '../documents/keyed-documents.ts';
import { decideRefresh, refusalOfStranger } from './decide-refresh.ts';
import { type RefreshOutcome, type RefreshRefusal, sessionOf, type TokenSession } from './refresh-outcome.ts';
import { type PresentedToken, parseRefreshToken, refreshTokenOf } from './refresh-token.ts';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import { type RevocationReason, revoke, type TokenFamily } from './token-family.ts';
import { type TokenPolicy, tokenPolicy } from './token-policy.ts';
import { requireName } from './token-profile.ts';

export interface TokenRotationOptions {
  readonly families: TokenFamilies;
  /** Times that are not the default. */
  readonly policy?: Partial<TokenPolicy>;
  /** A reuse is a warning, a token newer than the newest an error. */
  readonly log?: Log;
  /** Hears every outcome of `refresh`, after the store has it: for metrics, the audit and the note to the user. */
  readonly onOutcome?: (outcome: RefreshOutcome) => void;
}

export interface NewLogin {
  /** 1 to 255 characters. */
  readonly userId: string;
  /** Of the device's cookie, 1 to 255 characters. */
  readonly deviceId?: string | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly session: TokenSession;
}

export type Logout =
  | { readonly kind: 'revoked' | 'already-revoked'; readonly familyId: string }
  | { readonly kind: 'unknown' };

export class TokenRotation {
  readonly #families: TokenFamilies;
  readonly #policy: TokenPolicy;
  readonly #log: Log;
  readonly #onOutcome: (outcome: RefreshOutcome) => void;

  /** @throws HoldfastError CONFIG_INVALID - times that cannot be */
  constructor({ families, policy, log = silentLog, onOutcome = () => undefined }: TokenRotationOptions) {
    this.#families = families;
    this.#policy = tokenPolicy(policy);
    this.#log = log;
    this.#onOutcome = onOutcome;
  }

  get profile(): string {
    return this.#families.profile;
  }

  /**
   * Begins a family: a login, or the switch to this profile.
   *
   * @throws HoldfastError USAGE - a name that is empty or too long
   * @throws HoldfastError as the store
   */
  async issue({ userId, deviceId }: NewLogin): Promise<IssuedToken> {
    requireName('user id', userId);
    if (deviceId !== undefined) requireName('device id', deviceId);
    const familyId = randomBytes(16).toString('hex');
    const secret = randomBytes(32).toString('hex');
    const { idleMs, absoluteMs } = this.#policy;
    const family = await this.#families.add((nowMs) => ({
      familyId,
      profile: this.profile,
      userId,
      deviceId: deviceId ?? null,
      secret,
      generation: 1,
      rotatedAtMs: nowMs,
      idleExpiresAtMs: nowMs + idleMs,
      absoluteExpiresAtMs: nowMs + absoluteMs,
      revokedAtMs: null,
      revokedReason: null,
    }));
    return { token: refreshTokenOf(family, 1), session: sessionOf(family) };
  }

  /**
   * Takes a token for its successor. What it changes is stored, as durably as the store does, when this resolves.
   *
   * @param token - whatever a client has sent
   * @param deviceId - as its cookie says
   * @throws HoldfastError as the store; nothing was given out
   */
  async refresh(
    token: string,
    { deviceId }: { readonly deviceId?: string | undefined } = {},
  ): Promise<RefreshOutcome> {
    const outcome = await this.#refresh(token, deviceId);
    this.#tell(outcome);
    return outcome;
  }

  /**
   * Revokes the family of a token, an old one too. A token that was not ours revokes nothing.
   *
   * @throws HoldfastError as the store
   */
  async logout(token: string): Promise<Logout> {
    const presented = parseRefreshToken(token);
    if (presented === undefined || (await this.#refusalOfStranger(presented)) !== undefined)
      return { kind: 'unknown' };
    return await this.revokeFamily(presented.familyId, 'logout');
  }

  /** @throws HoldfastError as the store */
  async revokeFamily(familyId: string, reason: RevocationReason): Promise<Logout> {
    return await this.#families.change<Logout>(familyId, (family, nowMs) =>
      family?.profile === this.profile ? revoking(family, reason, nowMs) : { result: { kind: 'unknown' } },
    );
  }

  /**
   * Revokes every family that the user has in this profile: a new password, an account that is closed.
   *
   * @returns how many were revoked that were not yet
   * @throws HoldfastError as the store; some may be revoked then, and it can be repeated
   */
  async revokeUser(userId: string, reason: 'password_change' | 'admin'): Promise<number> {
    return (await this.revokeFamiliesOf(userId, reason)).length;
  }

  /**
   * The same, and says which.
   *
   * @param except - a family that goes on: that of whoever asks
   * @returns the ids of those that were revoked and were not yet
   */
  async revokeFamiliesOf(
    userId: string,
    reason: 'password_change' | 'admin',
    { except }: { readonly except?: string | undefined } = {},
  ): Promise<readonly string[]> {
    const results = await this.#families.changeOfUser<Logout>(userId, (family, nowMs) =>
      family.familyId === except ? { result: { kind: 'unknown' } } : revoking(family, reason, nowMs),
    );
    return results.flatMap((result) => (result.kind === 'revoked' ? [result.familyId] : []));
  }

  /** As `TokenFamilies.sweep`. */
  async sweep(options?: SweepOptions): Promise<{ readonly removed: number }> {
    return await this.#families.sweep(options);
  }

  async #refresh(token: string, deviceId: string | undefined): Promise<RefreshOutcome> {
    const presented = parseRefreshToken(token);
    if (presented === undefined) return { kind: 'refused', reason: 'malformed', isSuperseded: false };
    const stranger = await this.#refusalOfStranger(presented);
    if (stranger !== undefined) return { kind: 'refused', isSuperseded: false, ...stranger };
    return await this.#families.change(presented.familyId, (family, nowMs) => {
      const question = { presented, profile: this.profile, deviceId, policy: this.#policy, nowMs };
      const { outcome, family: next } = decideRefresh(family, question);
      return { result: outcome, family: next };
    });
  }

  /** Before any lock is taken. */
  async #refusalOfStranger(presented: PresentedToken): Promise<RefreshRefusal | undefined> {
    return refusalOfStranger(await this.#families.read(presented.familyId), presented, this.profile);
  }

  #tell(outcome: RefreshOutcome): void {
    this.#onOutcome(outcome);
    if (outcome.kind !== 'refused') return;
    const { reason, familyId, userId } = outcome;
    const facts = { profile: this.profile, familyId, userId };
    if (reason === 'reused') {
      this.#log.warn(
        { ...facts, isLikelyLost: outcome.isLikelyLost },
        'refresh token reused, family revoked',
      );
    } else if (reason === 'ahead') {
      this.#log.error(facts, 'refresh token newer than its family');
    }
  }
}

function revoking(family: TokenFamily, reason: RevocationReason, nowMs: number): FamilyDecision<Logout> {
  const { familyId } = family;
  if (family.revokedAtMs !== null) return { result: { kind: 'already-revoked', familyId } };
  return { result: { kind: 'revoked', familyId }, family: revoke(family, reason, nowMs) };
}
