/** Atomic writes between processes and against a real kernel: kills, storms, full disks, mounts, the order of calls. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { counts, isSoak } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { runtimes } from '../support/repository.ts';

const fixture = join(import.meta.dirname, 'writer-fixture.ts');
const fixtureCommand = [process.execPath, ...childProgram(fixture)];
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

  it.each(killedWays)(
    'a writer killed before any call (%s, %s) leaves old or new, and the sweep the rest',
    async (engine, method) => {
      const outcomes = new Map<string, string>();
      for (let killBefore = 1; !outcomes.has('survived'); killBefore += 1) {
        writeFileSync(path, 'old');
        const { stdout, signal } = run([...fixtureCommand, 'kill', path, `${killBefore}`, method, engine]);
        const step = stdout.trim() === 'survived' ? 'survived' : `${killBefore} ${signal}`;
        const content = readFileSync(path, 'utf8');
        expect(['old', newContent].includes(content), `whole after kill ${killBefore}`).toBe(true);
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

  it(`four writers and a reader of ${counts.tornRounds} rounds never meet a torn file`, async () => {
    // Of each runtime one with each engine.
    const writers = Object.entries({ a: 'node', b: 'bun', c: 'node', d: 'bun' } as const).map(
      ([tag, runtime]) =>
        start([runtimes[runtime], ...fixtureCommand.slice(1), 'storm', path, `${counts.tornRounds}`, tag]),
    );
    const ended = Promise.all(writers.map((writer) => once(writer, 'exit')));
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    let reads = 0;
    while (!isOver || reads < counts.tornRounds) {
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

  it.each(['node', 'bun'] as const)(
    `a stream of ${counts.streamMiB} MiB is written with bounded memory (%s)`,
    (runtime) => {
      const command = [runtimes[runtime], ...childProgram(fixture), 'pour', path];
      const peaks = [1, counts.streamMiB].map(
        (mebibytes) => JSON.parse(run([...command, `${mebibytes}`]).stdout).peakKiB / 1024,
      );
      expect(statSync(path).size).toBe(counts.streamMiB * 1024 * 1024);
      const [base = 0, peak = 0] = peaks;
      expect(peak - base).toBeLessThan(128);
    },
  );

  describe.skipIf(isMissing('root', 'unshare'))('in a mount namespace of its own, as root', () => {
    it.each(everyWay('sync', 'text', 'bytes', 'stream', 'group'))(
      'a full disk rejects and keeps the old file (%s, %s)',
      (engine, method) => {
        const script = [
          'mount -t tmpfs -o size=48k tmpfs "$1"',
          'printf old > "$1/file"',
          'shift 1; "$@"',
          `echo "$(cat ${path}) $(ls -A ${directory})"`,
        ].join('\n');
        const command = [...fixtureCommand, 'fill', path, '65536', method, engine];
        const [outcome = '', state] = isolated(script, directory, ...command)
          .stdout.trim()
          .split('\n');
        // The library says nothing of a write that was cut short; the size does.
        const isSilent = engine === 'portable' && method !== 'stream';
        expect(JSON.parse(outcome)).toMatchObject({
          code: 'WRITE_FAILED',
          details: isSilent ? { step: 'check' } : { errno: 'ENOSPC', step: 'write' },
        });
        expect(state).toBe('old file');
      },
    );

    it('owner and group of the file are kept, by who may give files away', () => {
      writeFileSync(path, 'old', { mode: 0o640 });
      chownSync(path, 65_534, 12_345);
      for (const engine of ['native', 'portable'] as const) {
        new AtomicWriter({ preserve: 'mode+owner', engine }).writeSync(path, engine);
        const { uid, gid, mode } = statSync(path);
        expect([uid, gid, mode & 0o777]).toEqual([65_534, 12_345, 0o640]);
      }
      new AtomicWriter().writeSync(path, 'ours');
      expect([statSync(path).uid, statSync(path).gid]).toEqual([process.getuid?.(), process.getgid?.()]);
    });

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

  it.skipIf(isMissing('strace')).each([
    ['native', 'sync'],
    ['native', 'stream'],
    ['portable', 'sync'],
    ['portable', 'bytes'],
  ])('the kernel sees flush, rename, directory flush in this order (%s, %s)', (engine, method) => {
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
      engine,
    ]);
    // A call that another thread interrupts is printed in two lines; its beginning carries the arguments.
    const lines = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => line.includes(directory));
    const order = ['create', 'flush', 'close', 'open directory', 'rename', 'flush directory'];
    const seen = lines.map((line) => kindOf(line, directory)).filter((kind) => order.includes(kind));
    // The library's own file comes before: created, closed, renamed to ours, which is opened again.
    expect(seen.slice(-5)).toEqual(order.slice(1));
    expect(seen.slice(0, -5)).toEqual(
      engine === 'native' ? ['create'] : ['create', 'close', 'create', 'close', 'rename', 'create'],
    );
    const created = lines.find((line) => kindOf(line, directory) === 'create');
    expect(created).toMatch(/O_RDWR\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600/);
  });
});

/** Text is given blocking, bytes are not; the portable engine writes its streams as the native one does. */
const killedWays = [
  ['native', 'sync'],
  ['native', 'stream'],
  ['native', 'group'],
  ['portable', 'bytes'],
  ...(isSoak
    ? ([
        ['native', 'bytes'],
        ['native', 'verified'],
        ['portable', 'sync'],
        ['portable', 'stream'],
        ['portable', 'group'],
      ] as const)
    : []),
] as const;

/** Each engine with each of `methods`. */
function everyWay(...methods: readonly string[]): readonly (readonly [string, string])[] {
  return ['native', 'portable'].flatMap((engine) => methods.map((method) => [engine, method] as const));
}

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
