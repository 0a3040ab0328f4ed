/**
 * Families in files: the default store.
 *
 * ```
 * DIRECTORY/PROFILE/families/3f/a2.json   families by their id          lock token:PROFILE:families:3fa
 * DIRECTORY/PROFILE/users/9c/01.json      which families a user has     lock token:PROFILE:users:9c0
 * ```
 *
 * Every change is made under `token:PROFILE`, which is taken first, so that a refresh, a logout and a new password exclude
 * each other in the whole profile. The lock of the document inside it is what stewards and sweeps hold.
 *
 * Durability 'full': what was answered, a revocation too, survives a power cut. A change of a user's families is no
 * transaction: killed in the middle it has revoked some, was not answered, and can be repeated. A document that is put back
 * from its last good generation or a backup makes newer tokens `ahead`, which are refused and alarm.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import { KeyedDocuments, type SweepOptions, type SweepReport } from '../documents/keyed-documents.ts';
import { familySchema, userFamiliesSchema } from './family-schema.ts';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import type { TokenFamily } from './token-family.ts';
import { requireProfile } from './token-profile.ts';

export interface FileTokenFamiliesOptions {
  /** Of all profiles: `STATE_DIR/stores/token`. */
  readonly directory: string;
  readonly profile: string;
  readonly runner: LockRunner;
  /** Default 'full'; anything less forgets answers in a power cut. */
  readonly durability?: 'none' | 'file' | 'full';
  /** How long to wait for each of the two locks, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

const defaultWaitMs = 2_000;
/** So many families of one user are looked through for those that are over, and at each doubling. */
const manyFamilies = 32;

export class FileTokenFamilies implements TokenFamilies {
  readonly profile: string;
  /** The lock around every change. */
  readonly scope: string;
  /** For stewards: they are changed under `scope` only. */
  readonly families: KeyedDocuments<TokenFamily>;
  readonly users: KeyedDocuments<Readonly<Record<string, number>>>;
  readonly #runner: LockRunner;
  readonly #waitMs: number;
  readonly #clock: Clock;

  /** @throws HoldfastError CONFIG_INVALID - no name of a profile */
  constructor(options: FileTokenFamiliesOptions) {
    const { directory, profile, runner, durability = 'full', waitMs = defaultWaitMs } = options;
    this.profile = requireProfile(profile);
    this.scope = `token:${profile}`;
    this.#runner = runner;
    this.#waitMs = waitMs;
    this.#clock = options.clock ?? systemClock;
    const place = (name: string) => ({
      runner,
      durability,
      waitMs,
      clock: this.#clock,
      directory: join(directory, profile, name),
      scope: `${this.scope}:${name}`,
    });
    this.families = new KeyedDocuments({ ...place('families'), entry: familySchema });
    this.users = new KeyedDocuments({ ...place('users'), entry: userFamiliesSchema });
  }

  /** The user's list first: what it names and is not there does no harm, a family that it does not name cannot be revoked. */
  async add(make: (nowMs: number) => TokenFamily): Promise<TokenFamily> {
    return await this.#locked(async () => {
      const made = make(this.#clock.wallMs());
      await this.users.change(made.userId, (listed = {}, nowMs) => {
        const entry = { ...this.#living(listed, nowMs), [made.familyId]: made.absoluteExpiresAtMs };
        return { entry, result: undefined };
      });
      await this.families.change(made.familyId, () => ({ entry: made, result: undefined }));
      return made;
    });
  }

  async change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> {
    return await this.#locked(() => this.#change(familyId, decide));
  }

  async changeOfUser<Result>(
    userId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<readonly Result[]> {
    return await this.#locked(async () => {
      const results: Result[] = [];
      const failures: unknown[] = [];
      for (const familyId of Object.keys(this.users.read(userId) ?? {})) {
        try {
          const changed = await this.#changeOf(userId, familyId, decide);
          if (changed !== undefined) results.push(changed.result);
        } catch (error) {
          // A family that cannot be read answers nothing; those behind it in the list still do.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return results;
    });
  }

  async read(familyId: string): Promise<TokenFamily | undefined> {
    return this.families.read(familyId);
  }

  async sweep(options?: SweepOptions): Promise<SweepReport> {
    await this.users.sweep((listed, nowMs) => Object.values(listed).every((endsMs) => endsMs < nowMs), {
      signal: options?.signal,
    });
    return await this.families.sweep((family, nowMs) => family.absoluteExpiresAtMs < nowMs, options);
  }

  #change<Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> {
    return this.families.change(familyId, (entry, nowMs) => {
      const { result, family } = decide(entry, nowMs);
      return family === undefined ? { result, unchanged: true } : { result, entry: family };
    });
  }

  #changeOf<Result>(
    userId: string,
    familyId: string,
    decide: (family: TokenFamily, nowMs: number) => FamilyDecision<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    return this.#change(familyId, (family, nowMs) => {
      if (family?.userId !== userId) return { result: undefined };
      const { result, family: next } = decide(family, nowMs);
      return { result: { result }, family: next };
    });
  }

  /** Of a list that grows, those that are not over. Families are read without their lock: under `scope` nobody writes. */
  #living(listed: Readonly<Record<string, number>>, nowMs: number): Readonly<Record<string, number>> {
    const count = Object.keys(listed).length;
    const isLookedThrough = count >= manyFamilies && Math.log2(count / manyFamilies) % 1 === 0;
    const living = Object.entries(listed).filter(([familyId, endsMs]) => {
      if (endsMs < nowMs) return false;
      return !isLookedThrough || isAlive(this.families.read(familyId), nowMs);
    });
    return Object.fromEntries(living);
  }

  #locked<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#runner.run(this.scope, { waitMs: this.#waitMs, purpose: 'token rotation' }, work);
  }
}

function isAlive(family: TokenFamily | undefined, nowMs: number): boolean {
  return family !== undefined && family.revokedAtMs === null && family.idleExpiresAtMs >= nowMs;
}
