/** Guarded files in a directory of their own, for tests, and requests to reset them. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { StateReader } from '@holdfast/state';
import { z } from 'zod';
import { ResetExecutor } from '../reset-executor.ts';
import type { ResetAction, ResetRequest } from '../reset-plan.ts';

export const reason = { kind: 'manual', scope: 'test' } as const;

export function request(...actions: readonly ResetAction[]): ResetRequest {
  return { reason, scope: 'test', actions };
}

/** Removes a file that is no document. */
export function removal(path: string): ResetAction {
  return { kind: 'remove', path, isDocument: false };
}

export class GuardedFiles {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-reset-')));
  readonly held = fakeHeld();
  readonly executor = new ResetExecutor({ directory: this.root });
  readonly reader = new StateReader({ validator: z.unknown(), writer: new AtomicWriter(), scope: 'test' });

  at(path: string): string {
    return join(this.root, path);
  }

  text(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** Without the trash. */
  names(): readonly string[] {
    return readdirSync(this.root)
      .filter((name) => name !== '.trash')
      .toSorted();
  }

  /** Publishes generations of a document. */
  async put(path: string, ...values: readonly unknown[]): Promise<void> {
    for (const value of values) await this.reader.update(this.at(path), this.held, () => value);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}

export function lost(): HoldfastError {
  return new HoldfastError('LOCK_LOST', 'gone');
}

/** A hold that is lost right before its n-th publish. */
export function losingHold(lostAt: number): FakeHeld {
  const hold = fakeHeld();
  const publish: FakeHeld['publish'] = (step) => {
    hold.publishes += 1;
    if (hold.publishes >= lostAt) throw lost();
    return step();
  };
  return Object.assign(hold, { publish });
}
