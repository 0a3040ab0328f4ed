/** Resets between processes and against a real kernel: two at once, full disks, mounts, refused permissions. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isMissing } from '../support/needs.ts';
import { startProcess } from '../support/run-process.ts';
import { newState, oldState, resetRequest, resetScope } from './reset-request.ts';
import { ResetWorld } from './reset-world.ts';

describe('resets, processes', () => {
  let world: ResetWorld;

  beforeEach(() => {
    world = new ResetWorld();
  });

  afterEach(() => world[Symbol.dispose]());

  const at = (path: string) => join(world.root, path);

  it('two processes with one plan: one carries it out, the other is told that it is stale', async () => {
    const plan = join(world.locks, '..', 'plan.json');
    writeFileSync(plan, JSON.stringify(await world.executor.plan(resetRequest)));
    const start = (runtime: 'node' | 'bun') => {
      const [program = '', ...args] = world.command(['execute', plan], runtime);
      return startProcess(program, args).finished;
    };
    const finished = await Promise.all([start('node'), start('bun'), start('node'), start('bun')]);
    expect(finished.map(({ stderr }) => stderr)).toEqual(['', '', '', '']);
    const outcomes = finished.map(({ stdout }) => JSON.parse(stdout).code ?? 'done');
    expect(outcomes.toSorted()).toEqual(['RESET_STALE', 'RESET_STALE', 'RESET_STALE', 'done']);
    expect(world.state()).toEqual(newState);
    expect(world.kept().toSorted()).toEqual(Object.values(oldState).toSorted());
  });

  it('a document that another holder updates between plan and execution is not reset', async () => {
    const reader = new StateReader({ validator: z.number(), writer: new AtomicWriter(), scope: resetScope });
    const update = (value: number) =>
      world.runner.run(resetScope, {}, (held) => reader.update(at('doc'), held, () => value));
    await update(1);
    const actions = [{ kind: 'remove', path: 'doc' }, ...resetRequest.actions] as const;
    const plan = await world.executor.plan({ ...resetRequest, actions });
    await update(2);
    const execution = world.runner.run(resetScope, {}, (held) => world.executor.execute(plan, held));
    await expect(execution).rejects.toMatchObject({
      code: 'RESET_STALE',
      details: { changed: [{ path: 'doc.last-good' }, { path: 'doc' }] },
    });
    expect(reader.readSync(at('doc'))).toEqual({ value: 2, generation: 2, source: 'current' });
    expect(world.state()).toMatchObject(oldState);
  });

  describe.skipIf(isMissing('root', 'unshare'))('in a mount namespace of its own, as root', () => {
    const isolated = (script: string, mode: readonly string[]) =>
      world.run(mode, 'node', ['unshare', '-m', 'sh', '-ec', `${script}\nexec "$@"`, 'sh']);

    it.each([60, 64, 70, 80, 100, 140])(
      'a full disk of 64 KB refuses %d KB and leaves all as it was',
      (kilobytes) => {
        const copy = `${world.root}.copy`;
        mkdirSync(copy);
        const script = [
          `mount -t tmpfs -o size=64k tmpfs ${world.root}`,
          `printf old > ${at('replaced')}`,
          `trap 'cp -a ${world.root}/. ${copy}' EXIT`,
          '"$@"; exit 0',
        ].join('\n');
        const { answer } = isolated(script, ['replace', `${kilobytes * 1024}`]);
        expect(answer).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'ENOSPC' } });
        expect(readFileSync(join(copy, 'replaced'), 'utf8')).toBe('old');
        expect(readdirSync(join(copy, '.trash'))).toEqual([]);
        rmSync(copy, { recursive: true });
      },
    );

    it.each([
      ['a bind-mounted file', () => `mount --bind ${at('created.source')} ${at('removed')}`],
      [
        'a file on another file system',
        () => `mount -t tmpfs tmpfs ${at('sub')}; printf x > ${at('sub/removed')}`,
      ],
      ['a file in a bind-mounted directory', () => `mount --bind ${at('source')} ${at('sub')}`],
      ['a trash on another file system', () => `mkdir ${at('.trash')}; mount -t tmpfs tmpfs ${at('.trash')}`],
    ])('%s is refused before the first effect', (_, script) => {
      writeFileSync(at('created.source'), 'mounted');
      mkdirSync(at('sub'));
      mkdirSync(at('source'));
      writeFileSync(at('source/removed'), 'mounted');
      const mode = script().includes(at('sub')) ? ['remove', 'replaced', 'sub/removed'] : ['reset'];
      const { answer } = isolated(script(), mode);
      expect(answer).toMatchObject({
        code: 'TARGET_REFUSED',
        message: expect.stringContaining('mount point'),
      });
      expect(world.state()).toMatchObject(oldState);
    });

    it('a read-only file system refuses and says so', () => {
      const script = `mount --bind ${world.root} ${world.root}; mount -o remount,bind,ro ${world.root}`;
      expect(isolated(script, ['reset']).answer).toMatchObject({
        code: 'WRITE_FAILED',
        details: { errno: 'EROFS' },
      });
      expect(world.state()).toEqual(oldState);
    });

    it('a directory in the middle that refuses to give a file takes everything back', () => {
      writeFileSync(at('first'), 'first');
      mkdirSync(at('sub'));
      writeFileSync(at('sub/second'), 'second');
      // A directory that this user may search and not write: the rename out of it is refused after the first one.
      chmodSync(at('sub'), 0o555);
      const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
      for (const path of [join(world.root, '..'), world.root]) chmodSync(path, 0o777);
      const { answer } = world.run(['remove', 'first', 'sub/second'], 'node', through);
      expect(answer).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EACCES' } });
      expect([readFileSync(at('first'), 'utf8'), readFileSync(at('sub/second'), 'utf8')]).toEqual([
        'first',
        'second',
      ]);
      expect(world.leftBehind()).toEqual([]);
    });
  });
});
