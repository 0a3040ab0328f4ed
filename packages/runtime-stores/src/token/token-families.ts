/**
 * Where the families of a profile are kept. Whatever decides on a family does so under its lock, on what is stored, and
 * what it decides is as durable as the store gets before anybody hears of it.
 *
 * A decision is asked again where a store tries again: it has no effect outside, and goes by what it is given.
 */
import type { SweepOptions } from '../documents/keyed-documents.ts';
import type { TokenFamily } from './token-family.ts';

export interface FamilyDecision<Result> {
  readonly result: Result;
  /** What is to be stored; absent: the family stays as it is. */
  readonly family?: TokenFamily | undefined;
}

export interface TokenFamilies {
  readonly profile: string;
  /** Stores a new family. @param make - gets the wall clock of the store */
  add(make: (nowMs: number) => TokenFamily): Promise<TokenFamily>;
  /** @param decide - synchronous; gets the wall clock, read under the lock. A family of another profile may be found */
  change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result>;
  /** The same for every family of a user in this profile, none of which is added or refreshed meanwhile. */
  changeOfUser<Result>(
    userId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<readonly Result[]>;
  /** As it is now or was a moment ago, without a lock: not to decide on. */
  read(familyId: string): Promise<TokenFamily | undefined>;
  /** Forgets families whose absolute time is over: whoever still has a token of them is refused either way. */
  sweep(options?: SweepOptions): Promise<{ readonly removed: number }>;
}
