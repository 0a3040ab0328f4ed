/**
 * The kernel itself refuses a system call of a write, or kills the writer as it makes it: strace puts itself in between,
 * at the first, the second, … until a run is through. What port and library were told is checked elsewhere; this is what
 * really reaches the kernel, from whichever layer.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { childProgram } from '../support/child-program.ts';
import { isMissing } from '../support/needs.ts';

const fixture = [process.execPath, ...childProgram(join(import.meta.dirname, 'writer-fixture.ts'))];
const newContent = Buffer.alloc(200_000, 'new ').toString();
/** Calls that Node does not make itself before it ends. */
const calls = ['fsync', 'rename'] as const;

const engines = ['native', 'portable'];

describe.skipIf(isMissing('strace'))('a write whose system calls', () => {
  let directory: string;
  let path: string;

  // What it compiles is kept, where the suite has a place for that: or the calls of that would be those that are refused.
  beforeAll(() => {
    for (const engine of engines) {
      const path = join(mkdtempSync(join(tmpdir(), 'holdfast-faults-')), 'file');
      writeFileSync(path, 'old');
      spawnSync(fixture[0] ?? '', [...fixture.slice(1), 'kill', path, '0', 'sync', engine]);
      rmSync(dirname(path), { recursive: true });
    }
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it.each(engines)('are refused with EIO keeps the old file and says so (%s)', (engine) => {
    for (const call of calls) {
      untilThrough((nth) => {
        writeFileSync(path, 'old', { mode: 0o640 });
        const isDone = isThrough(call, `error=EIO:when=${nth}`, ['kill', path, '0', 'sync', engine]);
        // The second flush is that of the directory: the file is in place by then.
        const wanted = isDone || (call === 'fsync' && nth === 2) ? newContent : 'old';
        expect(readFileSync(path, 'utf8') === wanted, `${call} ${nth}`).toBe(true);
        expect(readdirSync(directory), `${call} ${nth}`).toEqual(['file']);
        return isDone;
      });
    }
  });

  it.each(engines)('are its last leaves old or new, and the sweep the rest (%s)', async (engine) => {
    const seen = new Set<string>();
    for (const call of calls) {
      untilThrough((nth) => {
        writeFileSync(path, 'old', { mode: 0o640 });
        const isDone = isThrough(call, `signal=SIGKILL:when=${nth}`, ['kill', path, '0', 'sync', engine]);
        const content = readFileSync(path, 'utf8');
        expect(['old', newContent].includes(content), `${call} ${nth}`).toBe(true);
        seen.add(content === 'old' ? 'old' : 'new');
        return isDone;
      });
    }
    await new AtomicWriter().sweepOrphans(directory);
    expect(readdirSync(directory)).toEqual(['file']);
    expect(seen).toEqual(new Set(['old', 'new']));
  });

  it('are its last leaves one generation of a document or the next', () => {
    const reader = new StateReader({ validator: z.string(), writer: new AtomicWriter(), scope: 'test' });
    spawnSync(fixture[0] ?? '', [...fixture.slice(1), 'update', path, '3']);
    for (const call of ['link', 'unlink', 'fsync', 'rename']) {
      untilThrough((nth) => {
        const before = reader.readSync(path).generation;
        const isDone = isThrough(call, `signal=SIGKILL:when=${nth}`, ['kill-update', path, '0']);
        const { generation, source } = reader.readSync(path);
        expect([before, before + 1]).toContain(generation);
        expect(source).toBe('current');
        return isDone;
      });
    }
  });

  /** @returns whether the write, or update, ended well: before the fault came, or in spite of it */
  function isThrough(call: string, fault: string, args: readonly string[]): boolean {
    // Quicker by far, but a signal would come when the call has been made.
    const quick = fault.startsWith('error') ? ['--seccomp-bpf'] : [];
    const strace = [
      ...quick,
      '-f',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:${fault}`,
    ];
    const { stdout, error } = spawnSync('strace', [...strace, ...fixture, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    if (error !== undefined) throw error;
    return stdout.trim() === 'survived';
  }
});

/** Runs `attempt` with 1, 2, … until the fault comes too late. */
function untilThrough(attempt: (nth: number) => boolean): void {
  for (let nth = 1; !attempt(nth); nth += 1) expect(nth).toBeLessThan(10);
}
