/** Counters as documents in a directory of their own, for tests: a fake hold, a clock that stands still. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type FilePort, nodeFilePort } from '@holdfast/atomic-writer';
import { type Held, systemClock } from '@holdfast/base';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { z } from 'zod';
import { StateReader } from '../state-reader.ts';

const counter = z.object({ count: z.number().int(), note: z.string().optional() });
export type Counter = z.infer<typeof counter>;

export function increment(value: Counter | undefined): Counter {
  return { count: (value?.count ?? 0) + 1 };
}

export function docHeld(overrides: Partial<Held> = {}): FakeHeld {
  return fakeHeld({ scope: 'doc', ...overrides });
}

export class CounterDocuments {
  readonly directory = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
  readonly path = join(this.directory, 'doc');
  readonly reader = this.createReader();

  createReader(fs: FilePort = nodeFilePort): StateReader<Counter> {
    const writer = new AtomicWriter({ durability: 'none', fs });
    const clock = { ...systemClock, wallMs: () => 1_000 };
    return new StateReader({ validator: counter, writer, scope: 'doc', clock });
  }

  /** Publishes generations 1 to `count`. */
  async publish(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.reader.update(this.path, docHeld(), increment);
  }

  /** @returns the temporary files that were left */
  remove(): readonly string[] {
    const left = readdirSync(this.directory).filter((name) => name.includes('.holdfast-tmp'));
    rmSync(this.directory, { recursive: true });
    return left;
  }
}
