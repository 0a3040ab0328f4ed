/**
 * One hold of the lockfile backend, from the try to claim to the giving back: what the library and the lease ask for, done
 * to the claim, each step under the guard.
 */
import { randomBytes } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { type Clock, errnoOf, HoldfastError } from '@holdfast/base';
import { lockDirectoryError } from '../directory/lock-directory-error.ts';
import { Lease, type LeaseInstant, leaseInstant } from '../lease.ts';
import { type ClaimFacts, claimPath, OwnClaim, readClaim, removeClaim } from './lockfile-claim.ts';
import { asideOf, type ClaimGuard, occupied } from './lockfile-guard.ts';
import type { ClaimJudge } from './lockfile-judge.ts';
import type { ClaimPort } from './lockfile-library.ts';
import { ownerLiveness, ownerPath, readOwner, removeOwner, writeOwner } from './lockfile-owner.ts';

export interface ClaimHoldOptions {
  /** Of the lock file. */
  readonly path: string;
  readonly scope: string;
  readonly purpose: string | undefined;
  readonly guard: ClaimGuard;
  readonly judge: ClaimJudge;
  readonly clock: Clock;
  readonly leaseMs: number;
}

/** Steps of others take microseconds; only a process stopped in the middle of one keeps us longer from giving back. */
const patienceMs = 10_000;
const paceMs = 5;

export class ClaimHold implements ClaimPort {
  readonly token = randomBytes(16).toString('hex');
  readonly #options: ClaimHoldOptions;
  readonly #claimPath: string;
  #claim: OwnClaim | undefined;
  #lease: Lease | undefined;

  constructor(options: ClaimHoldOptions) {
    this.#options = options;
    this.#claimPath = claimPath(options.path);
  }

  /** Aborts when the lock is lost. */
  get lost(): AbortSignal {
    return this.#granted.lost;
  }

  claim(): boolean {
    const { path, guard } = this.#options;
    if (!this.#isFree(readClaim(this.#claimPath))) return false; // most tries of a long wait end here, without the guard
    const grantedAt = leaseInstant(this.#options.clock);
    if (guard.around(path, () => this.#claimNow()) !== true) return false;
    this.#lease = this.#createLease(grantedAt);
    return true;
  }

  renew(): boolean {
    return this.#renew() !== false;
  }

  /**
   * Compares, and removes nothing that is not ours. Done once: later calls do nothing.
   *
   * @throws HoldfastError LOCK_DIRECTORY, … - the claim could not be removed and stays until this process ends
   */
  async giveBack(): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + patienceMs;
    try {
      while (!this.#tryRemove() && clock.monotonicMs() < untilMs) await clock.sleep(paceMs);
      this.#remove(); // if that did not do it: it compares before and after, the guard is a second belt
    } finally {
      this.#claim?.close();
      this.#claim = undefined;
      await this.#lease?.end();
    }
  }

  giveBackNow(): void {
    if (!this.#tryRemove()) this.#remove();
  }

  /**
   * To be called inside a step.
   *
   * @throws HoldfastError LOCK_LOST - the claim is ours no more, or over a network the lease has run out
   */
  confirm(): void {
    const { guard, clock } = this.#options;
    if (guard.isExclusive) this.#granted.requireOrRenew(() => this.#claim?.touch(clock.wallMs()) ?? false);
    else this.#granted.requireCurrent();
    if (this.#claim?.isCurrent() === true) return;
    this.#granted.lose('was taken over');
    this.#granted.requireCurrent();
  }

  get #granted(): Lease {
    if (this.#lease === undefined)
      throw new HoldfastError('INTERNAL', 'a hold was used that was not granted');
    return this.#lease;
  }

  #createLease(grantedAt: LeaseInstant): Lease {
    const { scope, leaseMs, clock } = this.#options;
    return new Lease({
      scope,
      leaseMs,
      clock,
      grantedAt,
      renew: async () => {
        const isOurs = this.#renew();
        if (isOurs === occupied) throw new Error('somebody else is at the claim'); // to be asked again
        return isOurs;
      },
    });
  }

  #renew(): boolean | typeof occupied {
    const { path, guard, clock } = this.#options;
    const isOurs = guard.around(path, () => this.#claim?.touch(clock.wallMs()) ?? false);
    if (isOurs === false) this.#lease?.lose('was taken over');
    return isOurs;
  }

  #claimNow(): boolean {
    const { path, judge, purpose, clock } = this.#options;
    const found = readClaim(this.#claimPath);
    if (!this.#isFree(found)) return false;
    if (found !== undefined && !this.#break(found)) return false;
    const claim = this.#makeClaim();
    if (claim === undefined) return false;
    try {
      this.#sweep();
      writeOwner(ownerPath(path), { token: this.token, purpose, wallMs: clock.wallMs() }, claim.facts);
    } catch (error) {
      claim.close(); // it may have been the last descriptor, and removing takes one
      removeClaim(this.#claimPath, claim.facts, asideOf(this.#claimPath, this.token));
      throw error;
    }
    judge.forget(this.#claimPath);
    this.#claim = claim;
    return true;
  }

  #makeClaim(): OwnClaim | undefined {
    try {
      return new OwnClaim(this.#claimPath);
    } catch (cause) {
      if (errnoOf(cause) === 'EEXIST') return undefined; // a foreign process was faster
      throw lockDirectoryError(this.#claimPath, cause);
    }
  }

  /** Whether nobody holds the lock: there is no claim, or one that may be broken. */
  #isFree(found: ClaimFacts | undefined): boolean {
    const { path, judge } = this.#options;
    const liveness = found === undefined ? 'dead' : ownerLiveness(readOwner(ownerPath(path)), found);
    if (liveness === 'unknown' && found !== undefined) return judge.isAbandoned(this.#claimPath, found);
    judge.forget(this.#claimPath);
    return liveness === 'dead';
  }

  #break(found: ClaimFacts): boolean {
    const { path, guard } = this.#options;
    const aside = asideOf(this.#claimPath, readOwner(ownerPath(path))?.token);
    return guard.aroundBreak(path, () => removeClaim(this.#claimPath, found, aside)) === true;
  }

  /** Removes what a holder left that was killed while it gave back, or somebody while breaking its claim. */
  #sweep(): void {
    const token = readOwner(ownerPath(this.#options.path))?.token;
    if (token === undefined) return;
    try {
      rmdirSync(asideOf(this.#claimPath, token));
    } catch {
      // Nothing there, as nearly always; or something that is not ours to judge.
    }
  }

  /** @returns false when it has to be tried again */
  #tryRemove(): boolean {
    const { path, guard } = this.#options;
    try {
      return this.#claim === undefined || guard.around(path, () => this.#remove()) !== occupied;
    } catch {
      return false; // no descriptor left, for one; whoever tries last is told
    }
  }

  #remove(): void {
    const claim = this.#claim;
    if (claim === undefined) return;
    const isRemoved = removeClaim(this.#claimPath, claim.facts, asideOf(this.#claimPath, this.token));
    this.#claim = undefined;
    claim.close();
    if (isRemoved) removeOwner(ownerPath(this.#options.path), this.token);
    else this.#lease?.lose('was taken over');
  }
}
