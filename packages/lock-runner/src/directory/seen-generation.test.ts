/** What is seen of a scope's generations without its lock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LockRunner } from '../lock-runner.ts';
import { seenGeneration } from './seen-generation.ts';

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function lockDirectory(): string {
  const directory = join(mkdtempSync(join(tmpdir(), 'holdfast-seen-')), 'locks');
  directories.push(join(directory, '..'));
  return directory;
}

describe('the generation that is seen', () => {
  it('is 0 where no lock was ever taken', () => {
    expect(seenGeneration(lockDirectory(), 'policy:gw1')).toBe(0);
  });

  it.each(['flock', 'lockfile'] as const)(
    'is that of the last %s holder who asked for one',
    async (backend) => {
      const directory = lockDirectory();
      const runner = new LockRunner({ directory, backend });
      const seen = () => seenGeneration(directory, 'policy:gw1');
      const allotted = await runner.run('policy:gw1', {}, async (held) => {
        const generation = await held.fence();
        expect(seen()).toBe(generation);
        return generation;
      });
      await runner.run('policy:gw1', {}, () => undefined);
      expect(seen()).toBe(allotted);
      await runner.run('policy:gw2', {}, (held) => held.fence());
      expect(seen()).toBe(allotted);
      await runner.run('policy:gw1', {}, (held) => held.fence());
      expect(seen()).toBeGreaterThan(allotted);
      await runner.close();
    },
  );
});
