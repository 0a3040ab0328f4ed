/**
 * Writes under odd circumstances, by real processes on Node and Bun: of another user, with a hostile umask, without
 * descriptors, in another pid namespace.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childProgram } from '../support/child-program.ts';
import { isMissing } from '../support/needs.ts';
import { runtimes } from '../support/repository.ts';
import type { Circumstances } from './circumstance-child.ts';

const child = join(import.meta.dirname, 'circumstance-child.ts');
const nobody = 65_534;
const everyRuntime = ['node', 'bun'] as const;
const acts = ['sync', 'text', 'stream', 'group'] as const;
const engines = ['native', 'portable'] as const;

describe('under odd circumstances', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-odd-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  interface Way {
    readonly runtime?: keyof typeof runtimes;
    readonly uid?: number;
    /** A program it is started through. */
    readonly through?: readonly string[];
  }

  function outcomes(circumstances: Circumstances, { runtime = 'node', uid, through = [] }: Way = {}) {
    const [program = '', ...args] = [
      ...through,
      ...[runtimes[runtime], ...childProgram(child), path, JSON.stringify(circumstances)],
    ];
    const options = uid === undefined ? {} : { uid, gid: uid };
    const { stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
      ...options,
    });
    if (!/^(Killed\n)?$/.test(stderr)) throw new Error(stderr);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  const isWritten = { result: expect.anything() };

  describe.skipIf(isMissing('root'))('of another user, as root', () => {
    it.each(everyRuntime)(
      'no umask and no mode keeps a file from being written and read back (%s)',
      (runtime) => {
        chmodSync(directory, 0o777);
        for (const engine of engines) {
          for (const act of acts) {
            const writer = { engine, mode: 0o200, verify: 'hash' } as const;
            const [outcome] = outcomes({ act, writer, umask: 0o777 }, { runtime, uid: nobody });
            expect(outcome, `${engine} ${act}`).toEqual(isWritten);
            expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, statSync(path).uid]).toEqual([
              'new',
              0o200,
              nobody,
            ]);
            expect(readdirSync(directory)).toEqual(['file']);
            rmSync(path);
          }
        }
      },
    );

    it.each([
      [0o644, 'written'],
      [0o640, 'refused'],
    ] as const)('a file of root of mode %o, whose owner is to be kept, is %s', (mode, expected) => {
      chmodSync(directory, 0o777);
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      const writer = { preserve: 'mode+owner' } as const;
      const [outcome] = outcomes({ act: 'text', writer }, { uid: nobody });
      const refused = {
        code: 'WRITE_FAILED',
        details: expect.objectContaining({ step: 'owner', errno: 'EPERM' }),
      };
      expect(outcome).toEqual(expected === 'written' ? isWritten : refused);
      expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([
        expected === 'written' ? 'new' : 'old',
        mode,
      ]);
      expect(readdirSync(directory)).toEqual(['file']);
    });

    it.each(acts)(
      'a file of root in a directory where nobody may replace those of others stays (%s)',
      (act) => {
        chmodSync(directory, 0o1777);
        writeFileSync(path, 'old', { mode: 0o644 });
        for (const engine of engines) {
          const [outcome] = outcomes({ act, writer: { engine } }, { uid: nobody });
          expect(outcome).toMatchObject({
            code: 'WRITE_FAILED',
            details: { step: 'publish', errno: 'EPERM' },
          });
          expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
        }
        expect(outcomes({ act: 'remove' }, { uid: nobody })).toMatchObject([
          { code: 'WRITE_FAILED', details: { step: 'remove', errno: 'EPERM' } },
        ]);
      },
    );

    it.each(acts)('a directory that may not be written is told at the first step (%s)', (act) => {
      chmodSync(directory, 0o755);
      for (const engine of engines) {
        expect(outcomes({ act, writer: { engine } }, { uid: nobody })).toMatchObject([
          { code: 'WRITE_FAILED', details: { step: 'create', errno: 'EACCES' } },
        ]);
      }
    });
  });

  describe.each(everyRuntime)('without descriptors (%s)', (runtime) => {
    const limited = (circumstances: Circumstances) =>
      outcomes(circumstances, { runtime, through: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'] });

    it.each(acts)('a %s says so, keeps the old file, and succeeds when there are some again', (act) => {
      for (const engine of engines) {
        writeFileSync(path, 'old');
        const [outcome, again] = limited({
          act,
          writer: { engine },
          hasNoDescriptors: true,
          thenAgain: true,
        });
        expect(outcome, engine).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EMFILE' } });
        expect(again, engine).toEqual(isWritten);
        expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['new', ['file']]);
      }
    });

    it.each(['read', 'read-sync'] as const)('a document is unreadable to a %s, not absent', (act) => {
      writeFileSync(path, '');
      const [outcome, again] = limited({ act, hasNoDescriptors: true, thenAgain: true });
      expect(outcome).toMatchObject({ code: 'READ_FAILED', details: { errno: 'EMFILE' } });
      expect(again).toMatchObject({ code: 'DOCUMENT_INVALID' });
    });

    it('a removal and a sweep say so', () => {
      writeFileSync(path, 'old');
      expect(limited({ act: 'remove', hasNoDescriptors: true })).toMatchObject([
        { code: 'WRITE_FAILED', details: { errno: 'EMFILE' } },
      ]);
      expect(limited({ act: 'sweep', hasNoDescriptors: true })).toMatchObject([{ code: 'READ_FAILED' }]);
      expect(readdirSync(directory)).toEqual(['file']);
    });
  });

  describe.skipIf(isMissing('root', 'unshare'))('in other namespaces, as root', () => {
    // The first process of a namespace cannot be killed from within, so that is a shell.
    const shell = ['sh', '-c', '"$@"; exit 0', 'sh'];
    const inPidNamespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', ...shell];

    it.each(everyRuntime)(
      'the temp of a writer killed in a container is kept and told by others (%s)',
      (runtime) => {
        const locks = join(directory, 'locks');
        mkdirSync(join(directory, 'data'));
        mkdirSync(locks, { mode: 0o700 });
        path = join(directory, 'data', 'file');
        outcomes({ act: 'die' }, { runtime, through: inPidNamespace });
        const [name = ''] = readdirSync(join(directory, 'data'));
        expect(name).toMatch(/\.holdfast-tmp$/);
        const kept = [{ result: { removed: [], kept: [{ name, reason: 'owner-of-another-namespace' }] } }];
        expect(outcomes({ act: 'sweep' }, { runtime })).toEqual(kept);
        expect(readdirSync(join(directory, 'data'))).toEqual([name]);
        expect(outcomes({ act: 'sweep', locks }, { runtime })).toEqual([
          { result: { removed: [name], kept: [] } },
        ]);
        expect(readdirSync(join(directory, 'data'))).toEqual([]);
      },
    );

    it.each(acts)(
      'a file mounted below a directory that is reached through a link is explained at once (%s)',
      (act) => {
        const real = join(directory, 'real');
        mkdirSync(real);
        symlinkSync(real, join(directory, 'alias'));
        writeFileSync(join(real, 'file'), 'old');
        writeFileSync(join(directory, 'other'), 'mounted');
        path = join(directory, 'alias', 'file');
        const script = `mount --bind ${join(directory, 'other')} ${join(real, 'file')}; exec "$@"`;
        for (const engine of engines) {
          const through = ['unshare', '-m', 'sh', '-ec', script, 'sh'];
          expect(outcomes({ act, writer: { engine } }, { through })).toMatchObject([
            { code: 'WRITE_FAILED', details: { step: 'publish', errno: 'EBUSY', retries: 0 } },
          ]);
        }
        expect([readFileSync(join(directory, 'other'), 'utf8'), readdirSync(real)]).toEqual([
          'mounted',
          ['file'],
        ]);
      },
    );
  });
});
