/** Families in the truth, each change in a transaction of its own: committed before anybody hears of it. */
import type { Truth } from '@holdfast/truth-db';
import type { SweepOptions } from '../documents/keyed-documents.ts';
import { sweepInSteps } from '../sql/sweep-in-steps.ts';
import { readFamily, type SqlTokenFamiliesOptions, sqlTokenFamilies } from './sql-token-families.ts';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import type { TokenFamily } from './token-family.ts';
import { requireProfile } from './token-profile.ts';

export class TruthTokenFamilies implements TokenFamilies {
  readonly profile: string;
  readonly #truth: Truth;
  readonly #options: SqlTokenFamiliesOptions;

  /** @throws HoldfastError CONFIG_INVALID - no name of a profile */
  constructor(truth: Truth, options: SqlTokenFamiliesOptions) {
    this.profile = requireProfile(options.profile);
    this.#truth = truth;
    this.#options = options;
  }

  async add(make: (nowMs: number) => TokenFamily): Promise<TokenFamily> {
    return await this.#inTransaction((families) => families.add(make));
  }

  async change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> {
    return await this.#inTransaction((families) => families.change(familyId, decide));
  }

  async changeOfUser<Result>(
    userId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<readonly Result[]> {
    return await this.#inTransaction((families) => families.changeOfUser(userId, decide));
  }

  async read(familyId: string): Promise<TokenFamily | undefined> {
    return await readFamily(this.#truth.db, familyId);
  }

  /** Oldest first, in transactions of a bounded size. */
  async sweep(options?: SweepOptions): Promise<{ readonly removed: number }> {
    const step = async () => (await this.#inTransaction((families) => families.sweep())).removed;
    return await sweepInSteps(step, options);
  }

  async #inTransaction<Result>(work: (families: TokenFamilies) => Promise<Result>): Promise<Result> {
    return await this.#truth.transaction((trx) => work(sqlTokenFamilies(trx, this.#options)));
  }
}
