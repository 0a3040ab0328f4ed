/**
 * The lockfile backend: exclusive locks where flock(2) does not work, in the on-disk format of proper-lockfile. A program
 * that calls `lockfile.lock(path, { realpath: false })` on the path of our lock file and we exclude each other.
 *
 * A claim is broken at once when its maker is provably dead: same boot, same pid namespace, no such process. A live process
 * of this host is never taken for dead, however long it is stopped. A claim whose maker is unknown (foreign, of another host,
 * container or boot) is broken when it has been seen unchanged for a whole lease, never by comparing clocks.
 *
 * What remains:
 * - A process killed between making its claim and writing its record leaves a claim of unknown origin: it takes a lease.
 * - A foreign process that finds a dead claim at the moment we break it may remove the claim we then make (it does not look
 *   at what it removes). A foreign process that gives back what it has lost removes the claim of its successor. In both cases
 *   our renewal, within a second, finds the claim gone and the hold is lost; a publish is refused at once.
 * - The other way round, a foreign claim made between our looking and our moving it aside is moved back within microseconds;
 *   only who claims in between shares the lock with it, until its next renewal.
 * - On a network file system nothing is around a step but mkdir and rename, so a holder that wakes at the very moment its
 *   claim is broken may renew it, look, and believe in it until its next renewal, within a second; and a process that is
 *   stopped between the check and the rename of its publish publishes when it wakes. So `fenced` is false there.
 * - Waiting polls, up to ten times a second: between processes nobody is served in order, and `who` and `contended` know of
 *   this process's waiters only.
 */
import { join, resolve } from 'node:path';
import { type Clock, type LockGuarantee, type LockReport, systemClock } from '@holdfast/base';
import { allotFence, publishFenced } from '../directory/fence-file.ts';
import { fileSystemOf } from '../directory/file-system.ts';
import { prepareLockDirectory } from '../directory/lock-directory.ts';
import { Entrance, type GrantBeyond } from '../entrance.ts';
import { requireLeaseLength } from '../lease-length.ts';
import type { Grant, LockBackend, LockBackendFactory, LockRequest } from '../lock-backend.ts';
import { lockFileName } from '../lock-name.ts';
import { waitLimit, waitLimitPassed } from '../wait-limit.ts';
import { claimPath } from './lockfile-claim.ts';
import { type ClaimGuard, hostGuard, networkGuard } from './lockfile-guard.ts';
import { ClaimHold } from './lockfile-hold.ts';
import { ClaimJudge } from './lockfile-judge.ts';
import { lockWithLibrary } from './lockfile-library.ts';
import { whoClaims } from './lockfile-who.ts';

export interface LockfileOptions {
  /** How long a claim of unknown origin is watched before it is broken, in milliseconds. Default 10 000, as proper-lockfile. */
  readonly leaseMs?: number;
  /**
   * Who may use the directory: processes of this host only, or other hosts too. Default as the file system says. All that
   * use it have to agree.
   */
  readonly reach?: 'host' | 'network';
}

const defaultLeaseMs = 10_000;
const shortestLeaseMs = 1;
/** Between two tries of a wait, doubled from the first to the last, with up to a half taken off by chance. */
const pollMs = { first: 5, last: 100 } as const;

/** @throws HoldfastError DURATION_INVALID - a lease that is no whole number of milliseconds, or too long */
export function lockfileBackend(options: LockfileOptions = {}): LockBackendFactory {
  const { leaseMs = defaultLeaseMs } = options;
  requireLeaseLength(leaseMs, shortestLeaseMs);
  return (context) => new LockfileBackend({ ...options, leaseMs, ...context });
}

class LockfileBackend implements LockBackend {
  readonly name = 'lockfile';
  readonly modes = ['exclusive'] as const;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #entrance: Entrance;
  readonly #leaseMs: number;
  readonly #judge: ClaimJudge;
  #reach: 'host' | 'network' | undefined;

  constructor(options: LockfileOptions & { directory: string; clock?: Clock; leaseMs: number }) {
    const { directory, clock = systemClock, leaseMs, reach } = options;
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#entrance = new Entrance({ clock, prepare: () => this.#prepare() });
    this.#leaseMs = leaseMs;
    this.#reach = reach;
    this.#judge = new ClaimJudge(clock, leaseMs);
  }

  get guarantee(): LockGuarantee {
    const isOnHost = this.#isOnHost();
    return {
      scope: isOnHost ? 'host' : 'network',
      crashRelease: isOnHost && fileSystemOf(this.#directory).hasBirthTimes ? 'proof-of-death' : 'lease',
      canBeLost: true,
      fenced: isOnHost,
      fair: false,
    };
  }

  keyOf(scope: string): string {
    return join(this.#directory, lockFileName(scope));
  }

  acquire(request: LockRequest): Promise<Grant | undefined> {
    const path = this.keyOf(request.scope);
    return this.#entrance.pass(path, request, (left) => this.#seek(path, left));
  }

  who(scope: string): LockReport {
    return whoClaims(this.keyOf(scope), this.#clock);
  }

  #prepare(): void {
    prepareLockDirectory(this.#directory, this.#isOnHost() ? 'lockfile' : 'lockfile-network');
  }

  #isOnHost(): boolean {
    this.#reach ??= fileSystemOf(this.#directory).network === undefined ? 'host' : 'network';
    return this.#reach === 'host';
  }

  get #guard(): ClaimGuard {
    return this.#isOnHost() ? hostGuard : networkGuard(this.#judge);
  }

  async #seek(path: string, request: LockRequest): Promise<GrantBeyond | undefined> {
    const first = await this.#tryTake(path, request);
    if (first !== undefined || request.waitMs === 0) return first;
    request.onBlocked();
    using limit = waitLimit(request.waitMs, request.signal);
    try {
      for (let delayMs: number = pollMs.first; ; delayMs = Math.min(delayMs * 2, pollMs.last)) {
        await this.#clock.sleep(delayMs * (1 - Math.random() / 2), limit.signal);
        const later = await this.#tryTake(path, request);
        if (later !== undefined) return later;
      }
    } catch (error) {
      if (error === waitLimitPassed) return undefined;
      throw error;
    }
  }

  async #tryTake(path: string, { scope, purpose }: LockRequest): Promise<GrantBeyond | undefined> {
    const guard = this.#guard;
    const hold = new ClaimHold({
      path,
      scope,
      purpose,
      guard,
      judge: this.#judge,
      clock: this.#clock,
      leaseMs: this.#leaseMs,
    });
    // The key is this hold's own: the library knows its locks by it, and somebody else may lock the path in this process.
    const giveBack = await lockWithLibrary(`${path}#${hold.token}`, claimPath(path), hold);
    if (giveBack === undefined) return undefined;
    const confirm = () => hold.confirm();
    return {
      lost: hold.lost,
      allotFence: async () => allotFence(path, confirm, guard.fence),
      contended: () => false, // nobody knows who waits outside this process
      publish: (fence, step) => publishFenced({ path, scope, fence, confirm, around: guard.fence }, step),
      release: giveBack,
    };
  }
}
