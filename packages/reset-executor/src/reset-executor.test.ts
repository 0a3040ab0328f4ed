/** Resets on a real directory, under a fake hold: what is planned, done, undone, listed, pruned and refused. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { type Clock, HoldfastError, systemClock } from '@holdfast/base';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { StateReader } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ResetExecutor } from './reset-executor.ts';
import type { ResetAction, ResetPlan, ResetRequest } from './reset-plan.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';

const reason = { kind: 'manual', scope: 'test' } as const;
const request = (...actions: readonly ResetAction[]): ResetRequest => ({ reason, scope: 'test', actions });
const file = (path: string): ResetAction => ({ kind: 'remove', path, isDocument: false });

describe('ResetExecutor', () => {
  let root: string;
  let held: FakeHeld;
  let executor: ResetExecutor;
  const reader = new StateReader({ validator: z.unknown(), writer: new AtomicWriter(), scope: 'test' });
  const at = (path: string) => join(root, path);
  const text = (path: string) => readFileSync(at(path), 'utf8');
  const names = () =>
    readdirSync(root)
      .filter((name) => name !== '.trash')
      .toSorted();
  const put = async (path: string, ...values: readonly unknown[]) => {
    for (const value of values) await reader.update(at(path), held, () => value);
  };

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-reset-')));
    held = fakeHeld();
    executor = new ResetExecutor({ directory: root });
  });

  afterEach(() => rmSync(root, { recursive: true }));

  describe('a plan', () => {
    it('names generation, size, digest and mode of every file, and writes nothing', async () => {
      await put('doc', 1, 2);
      const plan = await executor.plan(request({ kind: 'remove', path: 'doc' }));
      expect(plan).toMatchObject({
        reason,
        scope: 'test',
        files: [
          { path: 'doc.last-good', action: 'remove', before: { document: { kind: 'good', generation: 1 } } },
          {
            path: 'doc',
            action: 'remove',
            before: {
              sizeBytes: statSync(at('doc')).size,
              mode: 0o600,
              sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
              document: { kind: 'good', generation: 2 },
            },
          },
        ],
      });
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      expect(readdirSync(root).toSorted()).toEqual(['doc', 'doc.last-good']);
    });

    it('tells absent, damaged, newer and unreadable apart', async () => {
      writeFileSync(at('damaged'), 'x');
      writeFileSync(at('newer'), '{"format":99}\n');
      writeFileSync(at('unreadable'), 'x');
      const openFile = (path: string) => {
        if (path.endsWith('unreadable')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return nodeResetPort.openFile(path);
      };
      const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, openFile } });
      const paths = ['absent', 'damaged', 'newer', 'unreadable'];
      const { files } = await failing.plan(
        request(...paths.map((path) => ({ kind: 'remove', path }) as const)),
      );
      expect(files.filter(({ path }) => paths.includes(path))).toMatchObject([
        { action: 'absent', before: { kind: 'absent' } },
        { action: 'remove', before: { document: { kind: 'damaged' } } },
        { action: 'remove', before: { document: { kind: 'newer', format: 99 } } },
        { action: 'remove', before: { kind: 'unreadable', errno: 'EIO', sizeBytes: 1 } },
      ]);
    });

    it.each(['', '/etc/passwd', '../x', 'a/../../x', './x', 'a//b', 'a/', '.', '..', 'x\0y', '.trash/x'])(
      'refuses the path %j',
      async (path) => {
        await expect(executor.plan(request(file(path)))).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
      },
    );

    it.each([
      ['a link', () => symlinkSync('/etc/passwd', at('x')), 'x'],
      ['a dangling link', () => symlinkSync('nowhere', at('x')), 'x'],
      ['a directory', () => mkdirSync(at('x')), 'x'],
      ['a path through a link', () => symlinkSync(tmpdir(), at('d')), 'd/x'],
      ['a path through a file', () => writeFileSync(at('d'), ''), 'd/x'],
      ['a new file without a directory', () => undefined, 'd/x'],
    ])('refuses %s', async (_, arrange, path) => {
      arrange();
      const plan = executor.plan(request({ kind: 'replace', path, content: '' }));
      await expect(plan).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
    });

    it('refuses a file that is named twice, and one on another device', async () => {
      writeFileSync(at('a'), '');
      const twice = executor.plan(request(file('a'), { kind: 'replace', path: 'a', content: '' }));
      await expect(twice).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
      const identify: ResetPort['identify'] = (path) => {
        const identity = nodeResetPort.identify(path);
        return identity !== undefined && path === at('a') ? { ...identity, device: 'other' } : identity;
      };
      const other = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, identify } });
      await expect(other.plan(request(file('a')))).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
    });

    it('refuses a missing directory, a value without JSON form and a newer format', async () => {
      const missing = new ResetExecutor({ directory: at('missing') });
      await expect(missing.plan(request(file('a')))).rejects.toMatchObject({ code: 'STATE_DIRECTORY' });
      const value = { kind: 'replace', path: 'doc', value: undefined } as const;
      await expect(executor.plan(request(value))).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      writeFileSync(at('doc'), '{"format":99}\n');
      const newer = executor.plan(request({ ...value, value: 1 }));
      await expect(newer).rejects.toMatchObject({ code: 'DOCUMENT_NEWER' });
    });
  });

  describe('a reset', () => {
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
          file('gone'),
          file('never'),
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

    it('of nothing leaves nothing', async () => {
      const receipt = await executor.reset(request(file('never')), held);
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
      const actions = [file('other'), ...['doc', 'new'].map((path) => ({ kind: 'remove', path }) as const)];
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
      [
        'the id of another scope',
        (plan) => ({ ...plan, scope: 'else', reason: { ...reason, scope: 'else' } }),
      ],
      ['no files', (plan) => ({ ...plan, files: undefined })],
      ['an unknown action', (plan) => ({ ...plan, files: [{ ...plan.files[0], action: 'chmod' }] })],
      [
        'a replacement without content',
        (plan) => ({ ...plan, files: [{ ...plan.files[0], action: 'replace' }] }),
      ],
    ])('of a plan with %s is refused', async (_, spoil) => {
      writeFileSync(at('a'), 'a');
      const plan = spoil(await executor.plan(request(file('a')))) as ResetPlan;
      const hold = fakeHeld({ scope: plan.scope });
      await expect(executor.execute(plan, hold)).rejects.toMatchObject({ code: 'RESET_STALE' });
      expect(text('a')).toBe('a');
    });

    it('of a plan whose path leads out is refused', async () => {
      writeFileSync(at('a'), 'a');
      const plan = await executor.plan(request(file('a')));
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
      const plan = await executor.plan(request(file('a')));
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
      await executor.reset(request(file('a')), fakeHeld({ fence }));
      expect(fences).toBe(1);
    });

    it('whose lock is lost at any publish stops there, and the next resume makes it all or nothing', async () => {
      let isThrough = false;
      for (let lostAt = 1; !isThrough; lostAt += 1) {
        for (const path of ['a', 'b', 'c']) writeFileSync(at(path), `old ${path}`);
        const hold = losingHold(lostAt);
        const actions = [file('a'), { kind: 'replace', path: 'b', content: 'new' } as const, file('c')];
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
      const reset = failing.reset(request(file('a'), file('b')), held);
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
      const plan = await executor.plan(request(file('b')));
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
      await expect(executor.reset(request(file('a')), held)).rejects.toMatchObject({
        code: 'TARGET_REFUSED',
      });
      expect(text('a')).toBe('a');
    });

    it('makes a trash private that others can list', async () => {
      writeFileSync(at('a'), 'a');
      mkdirSync(at('.trash'));
      chmodSync(at('.trash'), 0o755);
      await executor.reset(request(file('a')), held);
      expect(statSync(at('.trash')).mode & 0o777).toBe(0o700);
    });
  });

  describe('an undo', () => {
    it('is undone by its own id, and so on', async () => {
      writeFileSync(at('a'), 'old');
      let { id } = await executor.reset(request({ kind: 'replace', path: 'a', content: 'new' }), held);
      for (const content of ['old', 'new', 'old', 'new', 'old']) {
        ({ id } = await executor.undo(id, held));
        expect(text('a')).toBe(content);
      }
    });

    it('is refused when a file changed since, or moves the newer one aside', async () => {
      for (const path of ['a', 'b']) writeFileSync(at(path), `old ${path}`);
      const { id } = await executor.reset(request(file('a'), file('b')), held);
      writeFileSync(at('a'), 'newer');
      const refused = executor.undo(id, held);
      await expect(refused).rejects.toMatchObject({ code: 'RESET_CONFLICT', details: { changed: ['a'] } });
      expect([text('a'), names()]).toEqual(['newer', ['a']]);
      const receipt = await executor.undo(id, held, { overwrite: true });
      expect([text('a'), text('b')]).toEqual(['old a', 'old b']);
      await executor.undo(receipt.id, held);
      expect([text('a'), names()]).toEqual(['newer', ['a']]);
    });

    it('with overwrite puts back again what is in place already', async () => {
      writeFileSync(at('a'), 'old');
      const { id } = await executor.reset(request({ kind: 'replace', path: 'a', content: 'new' }), held);
      await executor.undo(id, held);
      await executor.undo(id, held, { overwrite: true });
      expect(text('a')).toBe('old');
      const inTrash = readdirSync(at('.trash'), { recursive: true, encoding: 'utf8' });
      expect(inTrash.filter((name) => /new-\d+$/.test(name))).toEqual([]);
      expect((await executor.list()).map(({ status }) => status)).not.toContain('unfinished');
    });

    it.each(['no id', '../..', '20261121T000000000Z-0000000000000000-0000000000000000'])(
      'of %j is refused',
      async (id) => {
        await expect(executor.undo(id, held)).rejects.toMatchObject({ code: 'RESET_UNKNOWN' });
      },
    );

    it('of another scope is refused', async () => {
      writeFileSync(at('a'), 'old');
      const { id } = await executor.reset(request(file('a')), held);
      const undo = executor.undo(id, fakeHeld({ scope: 'else' }));
      await expect(undo).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
    });

    it('does not put back a file that was damaged in the trash', async () => {
      writeFileSync(at('a'), 'old');
      const { id } = await executor.reset(request(file('a')), held);
      writeFileSync(at(`.trash/${id}/old-0`), 'bad');
      await expect(executor.undo(id, held)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      expect(names()).toEqual([]);
    });
  });

  describe('the trash', () => {
    let wallMs = 0;
    const clock: Clock = { ...systemClock, wallMs: () => wallMs };

    beforeEach(() => {
      wallMs = Date.UTC(2026, 0, 1);
      executor = new ResetExecutor({ directory: root, clock });
    });

    const resetThrice = async () => {
      const ids: string[] = [];
      for (const content of ['1', '22', '333']) {
        writeFileSync(at('a'), content);
        ids.push((await executor.reset(request(file('a')), held)).id);
        wallMs += 1_000;
      }
      return ids;
    };

    it('is listed with age, reason and bytes, newest first', async () => {
      const ids = await resetThrice();
      const [newest = ''] = ids.toReversed();
      await executor.undo(newest, held);
      expect(await executor.list()).toMatchObject([
        { status: 'undoable', reason: { kind: 'undo', subject: newest }, undoes: newest, bytes: 0, ageMs: 0 },
        { id: newest, status: 'undone', reason, bytes: 3, ageMs: 1_000, files: ['a'] },
        { id: ids[1], status: 'undoable', bytes: 2, ageMs: 2_000 },
        { id: ids[0], status: 'undoable', bytes: 1, ageMs: 3_000 },
      ]);
    });

    it('is pruned by age, and by number', async () => {
      const [first, second, third] = await resetThrice();
      expect(await executor.prune({ olderThanMs: 3_000 }, held)).toMatchObject({
        removed: [first],
        bytes: 1,
      });
      expect(await executor.prune({ keep: 1 }, held)).toEqual({
        removed: [second],
        bytes: 2,
        kept: [{ id: third, reason: 'recent' }],
      });
      expect(readdirSync(at('.trash'))).toEqual([third]);
      await expect(executor.undo(first ?? '', held)).rejects.toMatchObject({ code: 'RESET_UNKNOWN' });
    });

    it('is not pruned of what is unfinished, needed by an unfinished undo, damaged, or of another scope', async () => {
      const [first = '', second = '', third = ''] = await resetThrice();
      await executor.undo(third, losingHold(3)).catch(() => undefined); // committed, then lost before its effect
      writeFileSync(at(`.trash/${first}/journal.json`), 'damage');
      writeFileSync(at('b'), 'b');
      const elsewhere = { reason: { kind: 'manual', scope: 'else' }, scope: 'else', actions: [file('b')] };
      await executor.reset(elsewhere, fakeHeld({ scope: 'else' }));
      const report = await executor.prune({ keep: 0 }, held);
      expect(report.removed).toEqual([second]);
      expect(report.kept).toEqual([
        { id: first, reason: 'damaged' },
        { id: third, reason: 'needed' },
        { id: expect.any(String), reason: 'unfinished' },
      ]);
      expect((await executor.list()).map(({ status }) => status).toSorted()).toEqual([
        'damaged',
        'undoable',
        'undoable',
        'unfinished',
      ]);
    });

    it.each([{ keep: -1 }, { keep: 1.5 }, { olderThanMs: Number.NaN }])(
      'is not pruned by %j',
      async (limit) => {
        await expect(executor.prune(limit, held)).rejects.toMatchObject({ code: 'USAGE' });
      },
    );

    it('with a damaged journal stops resets of that scope, and nothing is guessed', async () => {
      writeFileSync(at('a'), 'old');
      const { id } = await executor.reset(request(file('a')), held);
      unlinkSync(at(`.trash/${id}/journal.json`));
      await expect(executor.resume(held)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      expect(readFileSync(at(`.trash/${id}/old-0`), 'utf8')).toBe('old');
    });
  });

  describe('a resume', () => {
    it('after a writer that did not wait for it loses neither what it wrote before nor after an effect', async () => {
      for (const path of ['a', 'b', 'c']) writeFileSync(at(path), `old ${path}`);
      const replace = { kind: 'replace', path: 'b', content: 'new' } as const;
      // Lost after the journal (1), the commit (2) and the removal of a (3).
      const hold = losingHold(5);
      await executor.reset(request(file('a'), replace, file('c')), hold).catch(() => undefined);
      expect(names()).toEqual(['b', 'c']);
      for (const path of ['a', 'b', 'c']) {
        rmSync(at(path), { force: true });
        writeFileSync(at(path), `newer ${path}`);
      }
      const { completed } = await executor.resume(held);
      expect([text('a'), text('b'), names()]).toEqual(['newer a', 'new', ['a', 'b']]);
      await executor.undo(completed[0] ?? '', held, { overwrite: true });
      expect(['a', 'b', 'c'].map(text)).toEqual(['old a', 'newer b', 'newer c']);
      const kept = readdirSync(at(`.trash/${completed[0]}`));
      expect(kept.map((name) => text(`.trash/${completed[0]}/${name}`))).toContain('old b');
    });

    it('that can go neither forward nor back says so, and the next one heals', async () => {
      for (const path of ['a', 'b']) writeFileSync(at(path), path);
      const plan = await executor.plan(request(file('a'), file('b')));
      await executor.execute(plan, losingHold(4)).catch(() => undefined);
      const rename = () => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      };
      const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, rename } });
      await expect(failing.resume(held)).rejects.toMatchObject({ code: 'RESET_UNFINISHED' });
      expect(await executor.resume(held)).toMatchObject({ completed: [plan.id] });
      expect(names()).toEqual([]);
    });

    it('that can not complete leaves a file that was changed after its effect, and says so', async () => {
      for (const path of ['a', 'b']) writeFileSync(at(path), `old ${path}`);
      const replace = { kind: 'replace', path: 'a', content: 'new' } as const;
      await executor.reset(request(replace, file('b')), losingHold(5)).catch(() => undefined);
      expect(text('a')).toBe('new');
      unlinkSync(at('a'));
      writeFileSync(at('a'), 'newer');
      const rename: ResetPort['rename'] = (from, to) => {
        if (from === at('b')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        nodeResetPort.rename(from, to);
      };
      const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, rename } });
      await expect(failing.resume(held)).rejects.toMatchObject({ code: 'RESET_UNFINISHED' });
      expect([text('a'), text('b')]).toEqual(['newer', 'old b']);
    });

    it('that cannot complete takes back, and the report says why', async () => {
      for (const path of ['a', 'b']) writeFileSync(at(path), path);
      const plan = await executor.plan(request(file('a'), file('b')));
      await executor.execute(plan, losingHold(4)).catch(() => undefined);
      expect(names()).toEqual(['b']);
      const rename: ResetPort['rename'] = (from, to) => {
        if (from === at('b')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        nodeResetPort.rename(from, to);
      };
      const failing = new ResetExecutor({ directory: root, fs: { ...nodeResetPort, rename } });
      expect(await failing.resume(held)).toMatchObject({
        completed: [],
        takenBack: [{ id: plan.id, reason: { code: 'WRITE_FAILED', details: { errno: 'EACCES' } } }],
      });
      expect([names(), await executor.list()]).toEqual([['a', 'b'], []]);
    });
  });
});

function lost(): HoldfastError {
  return new HoldfastError('LOCK_LOST', 'gone');
}

/** A hold that is lost right before its n-th publish. */
function losingHold(lostAt: number): FakeHeld {
  const hold = fakeHeld();
  const publish: FakeHeld['publish'] = (step) => {
    hold.publishes += 1;
    if (hold.publishes >= lostAt) throw lost();
    return step();
  };
  return Object.assign(hold, { publish });
}
