/** State documents between processes: a reader without a lock beside an updater, and updaters that are killed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { childProgram } from '../support/child-program.ts';
import { counts } from '../support/counts.ts';
import { runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';

const fixture = childProgram(join(import.meta.dirname, 'writer-fixture.ts'));

describe('state documents, processes', () => {
  let directory: string;
  let path: string;
  const reader = new StateReader({ validator: z.string(), writer: new AtomicWriter(), scope: 'test' });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
    path = join(directory, 'doc');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('a reader beside 1000 updates sees whole documents, whose generations never go back', async () => {
    const updater = spawn(process.execPath, [...fixture, 'update', path, '1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(updater, 'exit');
    let newest = 0;
    const seen = new Set<number>();
    while (updater.exitCode === null) {
      const { generation, source } = await reader.read(path);
      expect(source).toBe(generation === 0 ? 'absent' : 'current');
      expect(generation).toBeGreaterThanOrEqual(newest);
      newest = generation;
      seen.add(generation);
    }
    expect(await ended).toEqual([0, null]);
    expect(seen.size).toBeGreaterThan(10);
    expect(reader.readSync(path).generation).toBe(1_000);
  });

  it.each(['node', 'bun'] as const)(
    `${counts.storageReads} reads beside four updaters under one lock meet whole documents that never go back (%s)`,
    async (runtime) => {
      const programs = [runtimes.node, runtimes.bun, runtimes.node, runtimes.bun];
      const updaters = programs.map((program, index) =>
        spawn(program, [...fixture, 'contend', path, join(directory, 'locks'), `updater-${index}`], {
          stdio: ['pipe', 'ignore', 'inherit'],
        }),
      );
      const ended = Promise.all(updaters.map((updater) => once(updater, 'exit')));
      const words = [...fixture, 'watch', path, `${counts.storageReads}`, `${programs.length}`];
      const { stdout, stderr } = await startProcess(runtimes[runtime], words).finished;
      for (const updater of updaters) updater.stdin.end();
      expect((await ended).map(([code]) => code)).toEqual([0, 0, 0, 0]);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({ generations: expect.any(Number), problems: [] });
    },
  );

  it('an updater killed after any call leaves one generation or the next, current and whole', async () => {
    spawnSync(process.execPath, [...fixture, 'update', path, '2']);
    let isSurvivor = false;
    const steps = new Set<number>();
    for (let killAfter = 1; !isSurvivor; killAfter += 1) {
      const before = reader.readSync(path).generation;
      const { signal, status } = spawnSync(process.execPath, [
        ...fixture,
        'kill-update',
        path,
        `${killAfter}`,
      ]);
      isSurvivor = status === 0;
      expect(isSurvivor || signal === 'SIGKILL').toBe(true);
      const { generation, source } = reader.readSync(path);
      expect(source).toBe('current');
      steps.add(generation - before);
      await new AtomicWriter().sweepOrphans(directory);
      expect(readdirSync(directory).sort()).toEqual(['doc', 'doc.last-good']);
    }
    expect(steps).toEqual(new Set([0, 1]));
  });
});
