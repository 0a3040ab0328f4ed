/**
 * What a test of the lockfile backend starts with: a lock directory, runners whose clock is the test's own, and claims made
 * by hand that stand for those of other processes.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { afterEach, beforeEach, expect } from 'vitest';
import { publishPath } from '../directory/fence-file.ts';
import { type LockFile, tryLockFile } from '../flock/lock-file.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { type LockfileOptions, lockfileBackend } from '../lockfile/lockfile-backend.ts';
import { activeTimers, leftovers } from './leftovers.ts';

export const scope = 'policy:gw1';
export const leaseMs = 10_000;

export class LockfileGround {
  /** Of everything. */
  base = '';
  directory = '';
  /** Where flock would have its lock file. */
  path = '';
  claim = '';
  owner = '';
  fence = '';
  /** Of the ground's own clocks. */
  monotonicMs = 0;
  /** Codes of the losses that the runners' observer was told. */
  losses: string[] = [];
  #timersBefore = 0;

  /** Stands still until the test sets it forward. */
  readonly clock: Clock = { ...systemClock, monotonicMs: () => this.monotonicMs };
  /** The same, and whoever sleeps sets it forward. */
  readonly hastyClock: Clock = {
    ...this.clock,
    sleep: async (ms) => {
      this.monotonicMs += ms;
    },
  };

  /** To be made inside a suite: it fails each test that leaves something behind. */
  constructor() {
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
  }

  createRunner(options: LockfileOptions = {}, clock: Clock = this.clock): LockRunner {
    return new LockRunner({
      directory: this.directory,
      backend: lockfileBackend({ leaseMs, ...options }),
      clock,
      observer: { lost: ({ reason }) => this.losses.push((reason as { code: string }).code) },
    });
  }

  tryOnce(runner: LockRunner = this.createRunner()): Promise<string> {
    return runner.run(scope, { waitMs: 0 }, () => 'ran');
  }

  /** Makes a claim as a process of Holdfast does, or as one that knows nothing of it. */
  plantClaim(made?: ProcessIdentity, changes: Record<string, unknown> = {}): void {
    mkdirSync(this.claim);
    const { ino, birthtimeNs } = statSync(this.claim, { bigint: true });
    if (made === undefined) return;
    const record = {
      token: 'ab'.repeat(16),
      host: 'elsewhere',
      process: made,
      purpose: 'copy',
      sinceWallMs: Date.now() - 5_000,
      claim: { ino: String(ino), birthtimeNs: String(birthtimeNs) },
      ...changes,
    };
    writeFileSync(this.owner, JSON.stringify(record));
  }

  /** Replaces the claim as a foreign process does that takes over. @returns its inode */
  takeOver(): number {
    rmdirSync(this.claim);
    mkdirSync(join(this.base, 'number')); // so that the number of the removed one is not given away again
    mkdirSync(this.claim);
    return statSync(this.claim).ino;
  }

  /** Takes what guards a renewal, a release or a publish. */
  takeGuard(): LockFile {
    const guard = tryLockFile(publishPath(this.path), 'exclusive');
    if (guard === undefined) throw new Error('the guard is not free');
    return guard;
  }

  #begin(): void {
    this.base = mkdtempSync(join(tmpdir(), 'holdfast-lockfile-'));
    this.directory = join(this.base, 'locks');
    this.path = join(this.directory, lockFileName(scope));
    this.claim = `${this.path}.lock`;
    this.owner = this.path.replace('.lock', '.owner');
    this.fence = this.path.replace('.lock', '.fence');
    mkdirSync(this.directory, { mode: 0o700 });
    this.monotonicMs = 1_000_000;
    this.losses = [];
    this.#timersBefore = activeTimers();
  }

  async #end(): Promise<void> {
    const left = await leftovers(this.base, this.#timersBefore);
    rmSync(this.base, { recursive: true });
    expect(left).toEqual([]);
  }
}

/** A process that has ended, as far as this host can tell. */
export function deadProcess(): ProcessIdentity {
  const { pid } = spawnSync('/bin/true', { env: {} });
  return { ...ownIdentity(), pid, startTime: '1' };
}
