/** Atomic writes between processes and against a real kernel: kills, storms, full disks, mounts, the order of calls. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';

const fixture = join(import.meta.dirname, 'writer-fixture.ts');
const fixtureCommand = [process.execPath, '--conditions=@holdfast/source', fixture];
const sizeBytes = 200_000;
const newContent = Buffer.alloc(sizeBytes, 'new ').toString();

describe('atomic writer, processes', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-atomic-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it.each(['sync', 'text', 'stream'])(
    'a writer killed after any call (%s) leaves old or new, and the sweep the rest',
    async (method) => {
      const outcomes = new Map<string, string>();
      for (let killAfter = 1; !outcomes.has('survived'); killAfter += 1) {
        writeFileSync(path, 'old');
        const { stdout, signal } = run([...fixtureCommand, 'kill', path, `${killAfter}`, method]);
        const step = stdout.trim() === 'survived' ? 'survived' : `${killAfter} ${signal}`;
        const content = readFileSync(path, 'utf8');
        expect(['old', newContent].includes(content), `whole after kill ${killAfter}`).toBe(true);
        outcomes.set(step, content === 'old' ? 'old' : 'new');

        const orphans = readdirSync(directory).filter((name) => name !== 'file');
        const report = await new AtomicWriter().sweepOrphans(directory);
        expect(report).toEqual({ removed: orphans, kept: [] });
        expect(readdirSync(directory)).toEqual(['file']);
        if (orphans.length > 0) outcomes.set('an orphan was swept', '');
      }
      expect(new Set(outcomes.values())).toEqual(new Set(['old', '', 'new']));
      expect([...outcomes.keys()].filter((step) => step.endsWith('SIGKILL')).length).toBeGreaterThan(8);
    },
  );

  it('four writers and a reader of 1000 rounds never meet a torn file', async () => {
    const writers = ['a', 'b', 'c', 'd'].map((tag) => start([...fixtureCommand, 'storm', path, '1000', tag]));
    const ended = Promise.all(writers.map((writer) => once(writer, 'exit')));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    let reads = 0;
    while (!isOver || reads < 1_000) {
      await new Promise(setImmediate);
      if (!existsSync(path)) continue;
      const text = readFileSync(path, 'utf8');
      const line = text.slice(0, text.indexOf('\n') + 1);
      const [tag = '', index = ''] = line.trim().split(' ');
      expect(text === line.repeat(1 + (Number(index) % 400)), `read ${reads}: ${line}`).toBe(true);
      seen.add(tag);
      reads += 1;
    }
    expect((await ended).map(([code]) => code)).toEqual([0, 0, 0, 0]);
    expect(seen.size).toBeGreaterThan(1);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  describe.skipIf(isMissing('root', 'unshare'))('in a mount namespace of its own, as root', () => {
    it.each(['sync', 'text', 'bytes', 'stream'])(
      'a full disk rejects and keeps the old file (%s)',
      (method) => {
        const script = [
          'mount -t tmpfs -o size=48k tmpfs "$1"',
          'printf old > "$1/file"',
          'shift 1; "$@"',
          `echo "$(cat ${path}) $(ls -A ${directory})"`,
        ].join('\n');
        const command = [...fixtureCommand, 'fill', path, '65536', method];
        const [outcome = '', state] = isolated(script, directory, ...command)
          .stdout.trim()
          .split('\n');
        expect(JSON.parse(outcome)).toMatchObject({
          code: 'WRITE_FAILED',
          details: { errno: 'ENOSPC', step: 'write' },
        });
        expect(state).toBe('old file');
      },
    );

    it('a bind-mounted file is explained at once', () => {
      writeFileSync(path, 'old');
      const other = join(directory, 'other');
      writeFileSync(other, 'mounted');
      const script = 'mount --bind "$1" "$2"; shift 2; "$@"';
      const command = [...fixtureCommand, 'fill', path, '4096', 'text'];
      const outcome = JSON.parse(isolated(script, other, path, ...command).stdout);
      expect(outcome).toMatchObject({
        code: 'WRITE_FAILED',
        details: { errno: 'EBUSY', step: 'publish', retries: 0 },
        message: expect.stringContaining('mount point'),
      });
      expect([readFileSync(other, 'utf8'), readdirSync(directory).sort()]).toEqual([
        'mounted',
        ['file', 'other'],
      ]);
    });

    it('a read-only file system rejects and says so', () => {
      writeFileSync(path, 'old');
      const script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift 1; "$@"';
      const command = [...fixtureCommand, 'fill', path, '4096', 'stream'];
      const outcome = JSON.parse(isolated(script, directory, ...command).stdout);
      expect(outcome).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EROFS', step: 'create' } });
      expect(readFileSync(path, 'utf8')).toBe('old');
    });

    it('a document that this user may not read is an error, not absence', () => {
      writeFileSync(path, '{}', { mode: 0o600 });
      chmodSync(directory, 0o755);
      const { stdout } = run([...fixtureCommand, 'read', path], 65_534);
      expect(JSON.parse(stdout)).toMatchObject({ code: 'READ_FAILED', details: { errno: 'EACCES' } });
      chmodSync(directory, 0o700);
      expect(JSON.parse(run([...fixtureCommand, 'read', path], 65_534).stdout).code).toBe('READ_FAILED');
    });
  });

  it.skipIf(isMissing('strace')).each(['sync', 'stream'])(
    'the kernel sees flush, rename, directory flush in this order (%s)',
    (method) => {
      const trace = join(directory, 'trace');
      const calls = 'trace=fsync,fdatasync,rename,renameat,renameat2,openat,close';
      run([
        'strace',
        '-f',
        '-y',
        '-o',
        trace,
        '-e',
        calls,
        ...fixtureCommand,
        'fill',
        path,
        '200000',
        method,
      ]);
      // A call that another thread interrupts is printed in two lines; its beginning carries the arguments.
      const lines = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes(directory));
      const order = ['create', 'flush', 'close', 'open directory', 'rename', 'flush directory'];
      const seen = lines.map((line) => kindOf(line, directory)).filter((kind) => order.includes(kind));
      expect(seen).toEqual(order);
      const created = lines.find((line) => kindOf(line, directory) === 'create');
      expect(created).toMatch(/O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600/);
    },
  );
});

/** What a line of strace -y stands for. */
function kindOf(line: string, directory: string): string {
  const isTemp = line.includes('.holdfast-tmp');
  if (/ rename(at2?)?\(/.test(line)) return 'rename';
  if (/ openat\(/.test(line)) return isTemp ? 'create' : openKind(line, directory);
  if (/ f(data)?sync\(/.test(line)) return isTemp ? 'flush' : 'flush directory';
  return / close\(/.test(line) && isTemp ? 'close' : 'other';
}

function openKind(line: string, directory: string): string {
  return line.includes(`"${directory}"`) && line.includes('O_DIRECTORY') ? 'open directory' : 'other';
}

function run(command: readonly string[], uid?: number): SpawnSyncReturns<string> {
  const [file = '', ...parameters] = command;
  const result = spawnSync(file, parameters, {
    encoding: 'utf8',
    timeout: 30_000,
    ...(uid === undefined ? {} : { uid }),
  });
  if (result.stderr !== '') throw new Error(result.stderr);
  return result;
}

function isolated(script: string, ...parameters: readonly string[]): SpawnSyncReturns<string> {
  return run(['unshare', '-m', 'sh', '-ec', script, 'sh', ...parameters]);
}

function start(command: readonly string[]) {
  const [file = '', ...parameters] = command;
  return spawn(file, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
}
