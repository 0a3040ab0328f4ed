/** Families in the memory of one process, for tests: nothing is shared with another one, nothing outlives it. */
import { type Clock, systemClock } from '@holdfast/base';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import type { TokenFamily } from './token-family.ts';
import { requireProfile } from './token-profile.ts';

export interface MemoryTokenFamiliesOptions {
  readonly profile: string;
  /** Of all profiles that share them, by their ids. */
  readonly families?: Map<string, TokenFamily>;
  readonly clock?: Clock;
}

export class MemoryTokenFamilies implements TokenFamilies {
  readonly profile: string;
  readonly #families: Map<string, TokenFamily>;
  readonly #clock: Clock;

  constructor({ profile, families = new Map(), clock = systemClock }: MemoryTokenFamiliesOptions) {
    this.profile = requireProfile(profile);
    this.#families = families;
    this.#clock = clock;
  }

  async add(make: (nowMs: number) => TokenFamily): Promise<TokenFamily> {
    const made = make(this.#clock.wallMs());
    this.#families.set(made.familyId, made);
    return made;
  }

  async change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> {
    return this.#store(decide(this.#families.get(familyId), this.#clock.wallMs()));
  }

  async changeOfUser<Result>(
    userId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<readonly Result[]> {
    return this.#ofProfile()
      .filter((family) => family.userId === userId)
      .map((family) => this.#store(decide(family, this.#clock.wallMs())));
  }

  async read(familyId: string): Promise<TokenFamily | undefined> {
    return this.#families.get(familyId);
  }

  async sweep(): Promise<{ readonly removed: number }> {
    const nowMs = this.#clock.wallMs();
    const expired = this.#ofProfile().filter((family) => family.absoluteExpiresAtMs < nowMs);
    for (const { familyId } of expired) this.#families.delete(familyId);
    return { removed: expired.length };
  }

  #ofProfile(): readonly TokenFamily[] {
    return [...this.#families.values()].filter((family) => family.profile === this.profile);
  }

  #store<Result>({ result, family }: FamilyDecision<Result>): Result {
    if (family !== undefined) this.#families.set(family.familyId, family);
    return result;
  }
}
