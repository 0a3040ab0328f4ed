/** Locks that need nothing but a directory. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { lockFileName } from '@holdfast/lock-runner';
import type { ChildBackend } from './child-backend.ts';
import type { LockService } from './lock-service.ts';

/** Taken by default: the tests are where flock works. */
export class FlockService implements LockService {
  backend(): ChildBackend {
    return 'auto';
  }

  async forget(): Promise<void> {}

  /** The lock file stays, as it has to. */
  async traces(): Promise<readonly string[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export class LockfileService implements LockService {
  backend(leaseMs?: number): ChildBackend {
    return leaseMs === undefined ? 'lockfile' : { kind: 'lockfile', leaseMs };
  }

  async forget(): Promise<void> {}

  /** Claims, their records, and what was moved aside. */
  async traces(directory: string): Promise<readonly string[]> {
    if (!existsSync(directory)) return [];
    return readdirSync(directory).filter(
      (name) => name !== '.backend' && !name.endsWith('.publish') && !name.endsWith('.fence'),
    );
  }

  /** The claim, which is the holder's as long as it is this one. */
  claimOf(directory: string, scope: string): bigint {
    return statSync(`${join(directory, lockFileName(scope))}.lock`, { bigint: true }).ino;
  }

  /** Resolves when it has been renewed so often, whoever's it is. */
  async renewed(directory: string, scope: string, times: number): Promise<void> {
    const path = `${join(directory, lockFileName(scope))}.lock`;
    const renewal = () => statSync(path, { bigint: true }).mtimeNs;
    for (let seen = 0, last = renewal(); seen < times; await turn()) {
      const now = renewal();
      if (now !== last) seen += 1;
      last = now;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
