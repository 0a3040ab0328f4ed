/**
 * Who is logged in where: families of refresh tokens of the profile `panel`, each with its device. Whatever decides does so
 * in one transaction, which is committed after a refusal too, because a refusal may be the end of a family; and only then
 * anybody hears of it.
 *
 * A family ends in this process at once, in the others within the seconds that `RevokedFamilies` remembers.
 */
import { type Clock, systemClock } from '@holdfast/base';
import {
  type AccessClaim,
  type IssuedToken,
  type RefreshOutcome,
  type RevocationReason,
  RevokedFamilies,
  type TokenPolicy,
  TokenRotation,
} from '@holdfast/runtime-stores';
import { sqlTokenFamilies, TruthTokenFamilies } from '@holdfast/runtime-stores/sql';
import type { Truth, TruthTransaction } from '@holdfast/truth-db';
import { type Account, readAccount } from './accounts.ts';
import { type DeviceNote, recordDevice, sweepDevices } from './devices.ts';

export const loginProfile = 'panel';

export interface LoginFamiliesOptions {
  readonly truth: Truth;
  readonly policy?: Partial<TokenPolicy> | undefined;
  /** How long this process goes by what it has read of a family, in milliseconds. Default 5000. */
  readonly freshMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Of a refused one the outcome says why; of one whose account is closed it says `revoked`. */
export type FamilyRefresh =
  | { readonly kind: 'granted'; readonly account: Account; readonly outcome: GrantedRefresh }
  | { readonly kind: 'refused'; readonly outcome: RefusedRefresh };

type GrantedRefresh = Exclude<RefreshOutcome, { readonly kind: 'refused' }>;
type RefusedRefresh = Extract<RefreshOutcome, { readonly kind: 'refused' }>;

export class LoginFamilies {
  readonly #truth: Truth;
  readonly #policy: Partial<TokenPolicy>;
  readonly #clock: Clock;
  readonly #revoked: RevokedFamilies;

  constructor({ truth, policy = {}, freshMs = 5_000, clock = systemClock }: LoginFamiliesOptions) {
    this.#truth = truth;
    this.#policy = policy;
    this.#clock = clock;
    const families = new TruthTokenFamilies(truth, { profile: loginProfile, clock });
    this.#revoked = new RevokedFamilies({ families, freshMs, clock });
  }

  /** Begins a family in the transaction of a login, which has locked the account. */
  async begin(trx: TruthTransaction, { principal }: Account, device: DeviceNote): Promise<IssuedToken> {
    const issued = await this.#rotation(trx).issue({ userId: principal, deviceId: device.deviceId });
    await recordDevice(trx, issued.session.familyId, device, this.#clock.wallMs());
    return issued;
  }

  /** @throws HoldfastError as the database; nothing was given out */
  async refresh(token: string, deviceId: string | undefined): Promise<FamilyRefresh> {
    const refreshed = await this.#truth.transaction((trx) => this.#refresh(trx, token, deviceId));
    if (refreshed.kind === 'refused') this.#noteRefusal(refreshed.outcome);
    return refreshed;
  }

  /** Of a token, an old one too. @returns the family that has ended; undefined where the token is none of ours */
  async logout(token: string): Promise<string | undefined> {
    const ended = await this.#truth.transaction((trx) => this.#rotation(trx).logout(token));
    if (ended.kind === 'unknown') return undefined;
    this.#revoked.note(ended.familyId);
    return ended.familyId;
  }

  /** One of `principal`, and of nobody else. @returns whether there is such a family */
  async end(principal: string, familyId: string, reason: RevocationReason): Promise<boolean> {
    const isEnded = await this.#truth.transaction(async (trx) => {
      const rotation = this.#rotation(trx);
      const family = await sqlTokenFamilies(trx, { profile: loginProfile }).read(familyId);
      if (family?.userId !== principal) return false;
      return (await rotation.revokeFamily(familyId, reason)).kind !== 'unknown';
    });
    if (isEnded) this.#revoked.note(familyId);
    return isEnded;
  }

  /** All of `principal`, in the transaction of the caller, who calls `note` for each when that is committed. */
  async endAll(
    trx: TruthTransaction,
    principal: string,
    reason: 'password_change' | 'admin',
    except?: string,
  ): Promise<readonly string[]> {
    return await this.#rotation(trx).revokeFamiliesOf(principal, reason, { except });
  }

  /** That these have ended. */
  note(familyIds: readonly string[]): void {
    for (const familyId of familyIds) this.#revoked.note(familyId);
  }

  /** @throws HoldfastError as the database: then nobody knows */
  async isEnded(claim: AccessClaim): Promise<boolean> {
    return await this.#revoked.isRevoked(claim);
  }

  /** Forgets families whose time is over, and devices of families that are gone. @returns how many families */
  async sweep(signal?: AbortSignal): Promise<number> {
    const families = new TruthTokenFamilies(this.#truth, { profile: loginProfile, clock: this.#clock });
    const { removed } = await families.sweep(signal === undefined ? {} : { signal });
    await sweepDevices(this.#truth, signal);
    return removed;
  }

  async #refresh(trx: TruthTransaction, token: string, deviceId: string | undefined): Promise<FamilyRefresh> {
    const rotation = this.#rotation(trx);
    const outcome = await rotation.refresh(token, { deviceId });
    if (outcome.kind === 'refused') return { kind: 'refused', outcome };
    const { familyId, userId } = outcome.session;
    const account = await readAccount(trx, userId);
    if (account?.isActive === true) return { kind: 'granted', account, outcome };
    // Whoever closed the account was killed before the families were ended, or knows nothing of them.
    await rotation.revokeFamily(familyId, 'admin');
    const refusal = { reason: 'revoked', revokedReason: 'admin', isSuperseded: false } as const;
    return { kind: 'refused', outcome: { kind: 'refused', familyId, userId, ...refusal } };
  }

  #noteRefusal({ reason, familyId }: RefusedRefresh): void {
    if ((reason === 'reused' || reason === 'revoked') && familyId !== undefined) this.#revoked.note(familyId);
  }

  /** Without a log: a transaction may run twice, and what it decides counts when it is committed. */
  #rotation(trx: TruthTransaction): TokenRotation {
    const families = sqlTokenFamilies(trx, { profile: loginProfile, clock: this.#clock });
    return new TokenRotation({ families, policy: this.#policy });
  }
}
