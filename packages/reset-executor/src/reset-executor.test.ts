/** Resets on a real directory, under a fake hold: what is done, and what is refused. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ResetExecutor } from './reset-executor.ts';
import type { ResetPlan } from './reset-plan.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';
import { GuardedFiles, losingHold, lost, reason, removal, request } from './testing/guarded-files.ts';

describe('a reset', () => {
  let files: GuardedFiles;
  let root: string;
  let held: FakeHeld;
  let executor: ResetExecutor;
  let reader: GuardedFiles['reader'];
  const at = (path: string) => files.at(path);
  const text = (path: string) => files.text(path);
  const names = () => files.names();
  const put = (path: string, ...values: readonly unknown[]) => files.put(path, ...values);

  beforeEach(() => {
    files = new GuardedFiles();
    ({ root, held, executor, reader } = files);
  });

  afterEach(() => files.remove());

  it('moves files into a private trash, replaces others, and can be undone', async () => {
    await put('doc', 'old', 'older');
    mkdirSync(at('sub'));
    writeFileSync(at('sub/plain'), 'plain', { mode: 0o640 });
    writeFileSync(at('gone'), 'gone');
    const plan = await executor.plan(
      request(
        { kind: 'remove', path: 'doc' },
        { kind: 'replace', path: 'sub/plain', content: 'new' },
        { kind: 'replace', path: 'created', content: new Uint8Array([0, 255]) },
        removal('gone'),
        removal('never'),
      ),
    );
    const receipt = await executor.execute(JSON.parse(JSON.stringify(plan)), held);
    expect(receipt).toMatchObject({ id: plan.id, undoable: true });
    expect(names()).toEqual(['created', 'sub']);
    expect([text('sub/plain'), statSync(at('sub/plain')).mode & 0o777]).toEqual(['new', 0o640]);
    expect([...readFileSync(at('created'))]).toEqual([0, 255]);
    for (const path of ['.trash', `.trash/${plan.id}`]) expect(statSync(at(path)).mode & 0o777).toBe(0o700);
    for (const path of ['created', `.trash/${plan.id}/journal.json`]) {
      expect(statSync(at(path)).mode & 0o777).toBe(0o600);
    }

    await executor.undo(plan.id, held);
    expect(names()).toEqual(['doc', 'doc.last-good', 'gone', 'sub']);
    expect([text('sub/plain'), text('gone')]).toEqual(['plain', 'gone']);
    expect(reader.readSync(at('doc'))).toEqual({ value: 'older', generation: 2, source: 'current' });
  });

  it('of a document leaves a reader nothing, not its last good generation', async () => {
    await put('doc', 1, 2);
    await executor.reset(request({ kind: 'remove', path: 'doc' }), held);
    expect(reader.readSync(at('doc')).source).toBe('absent');
  });

  it('of a document to a value goes on counting generations, over damage too', async () => {
    await put('doc', 1, 2, 3);
    const replace = { kind: 'replace', path: 'doc', value: { fresh: true } } as const;
    await executor.reset(request(replace), held);
    expect(reader.readSync(at('doc'))).toEqual({
      value: { fresh: true },
      generation: 4,
      source: 'current',
    });
    expect(existsSync(at('doc.last-good'))).toBe(false);
    await put('doc', 5);
    writeFileSync(at('doc'), 'damage');
    await executor.reset(request(replace), held);
    expect(reader.readSync(at('doc'))).toMatchObject({ generation: 6, source: 'current' });
  });

  it('of a document with migrations writes the version that the value has', async () => {
    const options = { writer: new AtomicWriter(), scope: 'test' } as const;
    const migrations = [(count: unknown) => ({ count })];
    const second = new StateReader({ ...options, validator: z.object({ count: z.number() }), migrations });
    for (const count of [1, 2]) second.updateSync(at('doc'), held, () => ({ count }));
    const replace = { kind: 'replace', path: 'doc', value: { count: 7 }, version: 2 } as const;
    await executor.reset(request(replace), held);
    expect(second.readSync(at('doc'))).toEqual({ value: { count: 7 }, generation: 3, source: 'current' });
    const older = executor.plan(request({ kind: 'replace', path: 'doc', value: 7 }));
    await expect(older).rejects.toMatchObject({ code: 'DOCUMENT_NEWER', details: { found: 2, known: 1 } });
  });

  it('of nothing leaves nothing', async () => {
    const receipt = await executor.reset(request(removal('never')), held);
    expect([receipt.undoable, readdirSync(root)]).toEqual([false, []]);
  });

  it.each([
    ['updated', () => put('doc', 3)],
    ['edited', () => writeFileSync(at('doc'), 'x')],
    ['removed', () => unlinkSync(at('doc'))],
    ['given a last good generation', () => writeFileSync(at('new.last-good'), 'x')],
    ['created', () => writeFileSync(at('new'), 'x')],
  ])('of a file that was %s since the plan is refused, and nothing done', async (_, change) => {
    await put('doc', 1, 2);
    writeFileSync(at('other'), 'other');
    const actions = [removal('other'), ...['doc', 'new'].map((path) => ({ kind: 'remove', path }) as const)];
    const plan = await executor.plan(request(...actions));
    await change();
    const before = names();
    await expect(executor.execute(plan, held)).rejects.toMatchObject({ code: 'RESET_STALE' });
    expect(names()).toEqual(before);
    expect(existsSync(at('.trash'))).toBe(false);
  });

  it('is carried out once', async () => {
    writeFileSync(at('a'), 'same');
    const plan = await executor.plan(request({ kind: 'replace', path: 'a', content: 'same' }));
    await executor.execute(plan, held);
    await expect(executor.execute(plan, held)).rejects.toMatchObject({ code: 'RESET_STALE' });
  });

  it.each<[string, (plan: ResetPlan) => unknown]>([
    ['an id that leads out', (plan) => ({ ...plan, id: '../../x' })],
    ['the id of another scope', (plan) => ({ ...plan, scope: 'else', reason: { ...reason, scope: 'else' } })],
    ['no files', (plan) => ({ ...plan, files: undefined })],
    ['an unknown action', (plan) => ({ ...plan, files: [{ ...plan.files[0], action: 'chmod' }] })],
    [
      'a replacement without content',
      (plan) => ({ ...plan, files: [{ ...plan.files[0], action: 'replace' }] }),
    ],
  ])('of a plan with %s is refused', async (_, spoil) => {
    writeFileSync(at('a'), 'a');
    const plan = spoil(await executor.plan(request(removal('a')))) as ResetPlan;
    const hold = fakeHeld({ scope: plan.scope });
    await expect(executor.execute(plan, hold)).rejects.toMatchObject({ code: 'RESET_STALE' });
    expect(text('a')).toBe('a');
  });

  it('of a plan whose path leads out is refused', async () => {
    writeFileSync(at('a'), 'a');
    const plan = await executor.plan(request(removal('a')));
    const files = plan.files.map((planned) => ({ ...planned, path: '../a' }));
    await expect(executor.execute({ ...plan, files }, held)).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
    });
  });

  it.each([
    ['another scope', () => fakeHeld({ scope: 'else' }), 'LOCK_WRONG_SCOPE'],
    ['a shared mode', () => fakeHeld({ mode: 'shared' }), 'LOCK_WRONG_SCOPE'],
    ['the past', () => fakeHeld({ isReleased: true }), 'LOCK_RELEASED'],
    ['a loss', () => fakeHeld({ signal: AbortSignal.abort(lost()) }), 'LOCK_LOST'],
  ])('under a hold of %s is refused', async (_, hold, code) => {
    writeFileSync(at('a'), 'a');
    const plan = await executor.plan(request(removal('a')));
    await expect(executor.execute(plan, hold())).rejects.toMatchObject({ code });
    expect([names(), existsSync(at('.trash'))]).toEqual([['a'], false]);
  });

  it('asks for a fence, so that a newer holder shuts it out', async () => {
    writeFileSync(at('a'), 'a');
    let fences = 0;
    const fence = async () => {
      fences += 1;
      return 1;
    };
    await executor.reset(request(removal('a')), fakeHeld({ fence }));
    expect(fences).toBe(1);
  });

  it('whose lock is lost at any publish stops there, and the next resume makes it all or nothing', async () => {
    let isThrough = false;
    for (let lostAt = 1; !isThrough; lostAt += 1) {
      for (const path of ['a', 'b', 'c']) writeFileSync(at(path), `old ${path}`);
      const hold = losingHold(lostAt);
      const actions = [removal('a'), { kind: 'replace', path: 'b', content: 'new' } as const, removal('c')];
      const outcome = await executor.reset(request(...actions), hold).catch((error: unknown) => error);
      isThrough = !(outcome instanceof HoldfastError);
      expect(outcome).toMatchObject(isThrough ? { undoable: true } : { code: 'LOCK_LOST' });
      await executor.resume(held);
      const old = ['a', 'b', 'c'].map((path) => [path, `old ${path}`]);
      expect([old, [['b', 'new']]]).toContainEqual(names().map((name) => [name, text(name)]));
      expect((await executor.list()).map(({ status }) => status)).not.toContain('unfinished');
    }
  });

  it('that cannot move the second file takes the first one back', async () => {
    for (const path of ['a', 'b']) writeFileSync(at(path), path);
    const rename: ResetPort['rename'] = (from, to) => {
      if (from === at('b')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      nodeResetPort.rename(from, to);
    };
    const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, rename } });
    const reset = failing.reset(request(removal('a'), removal('b')), held);
    await expect(reset).rejects.toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EACCES' } });
    expect([text('a'), text('b'), readdirSync(at('.trash'))]).toEqual(['a', 'b', []]);
  });

  it('keeps a copy where links are refused', async () => {
    const link = () => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    const linkless = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, link } });
    writeFileSync(at('a'), 'old', { mode: 0o640 });
    const { id } = await linkless.reset(request({ kind: 'replace', path: 'a', content: 'new' }), held);
    expect(text('a')).toBe('new');
    await linkless.undo(id, held);
    expect([text('a'), statSync(at('a')).mode & 0o777]).toEqual(['old', 0o640]);
  });

  it('in two calls under one hold follow one another', async () => {
    for (const path of ['a', 'b']) writeFileSync(at(path), path);
    const plan = await executor.plan(request(removal('b')));
    let second: Promise<unknown> | undefined;
    // The second call comes while the first one prepares, which a resume of the second would sweep away.
    const makeDirectory = (path: string) => {
      nodeResetPort.makeDirectory(path);
      if (path.endsWith('.disposable')) second ??= executor.execute(plan, held);
    };
    const first = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, makeDirectory } });
    await first.reset(request({ kind: 'replace', path: 'a', content: 'new' }), held);
    await second;
    expect([text('a'), names()]).toEqual(['new', ['a']]);
  });

  it('does not follow a trash that is a link', async () => {
    writeFileSync(at('a'), 'a');
    symlinkSync(tmpdir(), at('.trash'));
    await expect(executor.reset(request(removal('a')), held)).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
    });
    expect(text('a')).toBe('a');
  });

  it('makes a trash private that others can list', async () => {
    writeFileSync(at('a'), 'a');
    mkdirSync(at('.trash'));
    chmodSync(at('.trash'), 0o755);
    await executor.reset(request(removal('a')), held);
    expect(statSync(at('.trash')).mode & 0o777).toBe(0o700);
  });
});
