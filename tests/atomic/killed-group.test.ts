/** Groups whose writer is killed right before any call: each file is old or new, and the new ones are the first of the list. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { runtimes } from '../support/repository.ts';
import { someOf } from '../support/some-of.ts';

const fixture = childProgram(join(import.meta.dirname, 'writer-fixture.ts'));
const indexes = [1, 2, 3] as const;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-group-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

it.each(someOf(['node', 'bun'] as const, 1))(
  'a group killed before any call leaves the first of it new, the rest old (%s)',
  async (runtime) => {
    const path = join(directory, 'file');
    const counts: number[] = [];
    for (let killBefore = 1; ; killBefore += 1) {
      for (const index of indexes) writeFileSync(`${path}.${index}`, `old ${index}`);
      const { stdout, signal } = spawnSync(
        runtimes[runtime],
        [...fixture, 'kill-group', path, `${killBefore}`],
        {
          encoding: 'utf8',
          timeout: 60_000,
          killSignal: 'SIGTERM',
        },
      );
      const found = indexes.map((index) => readFileSync(`${path}.${index}`, 'utf8'));
      const newCount = found.filter((content) => content.startsWith('new')).length;
      const expected = indexes.map((index) => `${index <= newCount ? 'new' : 'old'} ${index}`);
      expect(found, `killed before ${killBefore}`).toEqual(expected);
      counts.push(newCount);
      expect((await new AtomicWriter().sweepOrphans(directory)).kept).toEqual([]);
      expect(readdirSync(directory).toSorted()).toEqual(['file.1', 'file.2', 'file.3']);
      if (stdout.trim() === 'survived') break;
      expect(signal).toBe('SIGKILL');
    }
    expect(counts).toEqual(counts.toSorted());
    expect(new Set(counts)).toEqual(new Set([0, 1, 2, 3]));
  },
);
