/**
 * Whether an access token still counts: asked by whoever takes one, answered mostly from memory. An access token says which
 * family it comes from and of which generation; it is refused when the family was revoked or is gone, or when the store has
 * never got as far as its generation, having been put back from a backup.
 *
 * A revocation in this process counts at once (`note`), one in another process after `freshMs`. Remembered are at most
 * `capacity` families; the others are looked up again.
 */
import { type Clock, systemClock } from '@holdfast/base';
import type { TokenSession } from './refresh-outcome.ts';
import type { TokenFamilies } from './token-families.ts';

export interface RevokedFamiliesOptions {
  readonly families: TokenFamilies;
  /** How long an answer of the store counts, in milliseconds: a revocation is seen so much later. Default 5000. */
  readonly freshMs?: number;
  /** Default 10 000. */
  readonly capacity?: number;
  readonly clock?: Clock;
}

/** Of a claim in an access token. */
export type AccessClaim = Pick<TokenSession, 'familyId' | 'generation'>;

interface Known {
  /** Newest generation; 0 for a family that is revoked or gone. */
  readonly generation: number;
  readonly atMs: number;
}

export class RevokedFamilies {
  readonly #families: TokenFamilies;
  readonly #freshMs: number;
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(options: RevokedFamiliesOptions) {
    this.#families = options.families;
    this.#freshMs = options.freshMs ?? 5_000;
    this.#capacity = options.capacity ?? 10_000;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Whether an access token of that family and generation is to be refused.
   *
   * @throws HoldfastError as the store: then nobody knows, and the token is to be refused too
   */
  async isRevoked({ familyId, generation }: AccessClaim): Promise<boolean> {
    const known = this.#known.get(familyId);
    // A refresh in another process makes generations that are not known here yet.
    if (
      known !== undefined &&
      this.#isFresh(known) &&
      (known.generation === 0 || known.generation >= generation)
    )
      return known.generation === 0;
    const found = await this.#look(familyId);
    return found === 0 || found < generation;
  }

  /** That a family was revoked by this process. */
  note(familyId: string): void {
    this.#remember(familyId, 0);
  }

  async #look(familyId: string): Promise<number> {
    const family = await this.#families.read(familyId);
    const isLive = family?.revokedAtMs === null && family.profile === this.#families.profile;
    const generation = isLive ? family.generation : 0;
    // A revocation that was noted while the store was asked is newer than its answer.
    const noted = this.#known.get(familyId);
    if (noted?.generation === 0 && this.#isFresh(noted)) return 0;
    this.#remember(familyId, generation);
    return generation;
  }

  #remember(familyId: string, generation: number): void {
    this.#known.delete(familyId);
    if (this.#known.size >= this.#capacity) {
      const [oldest = ''] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(familyId, { generation, atMs: this.#clock.monotonicMs() });
  }

  #isFresh({ atMs }: Known): boolean {
    return this.#clock.monotonicMs() - atMs <= this.#freshMs;
  }
}
