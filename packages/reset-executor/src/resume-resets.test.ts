/** Resets that another holder left unfinished. */
import { readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import type { FakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResetExecutor } from './reset-executor.ts';
import { nodeResetPort, type ResetPort } from './reset-port.ts';
import { GuardedFiles, losingHold, removal, request } from './testing/guarded-files.ts';

describe('a resume', () => {
  let files: GuardedFiles;
  let root: string;
  let held: FakeHeld;
  let executor: ResetExecutor;
  const at = (path: string) => files.at(path);
  const text = (path: string) => files.text(path);
  const names = () => files.names();

  beforeEach(() => {
    files = new GuardedFiles();
    ({ root, held, executor } = files);
  });

  afterEach(() => files.remove());

  it('after a writer that did not wait for it loses neither what it wrote before nor after an effect', async () => {
    for (const path of ['a', 'b', 'c']) writeFileSync(at(path), `old ${path}`);
    const replace = { kind: 'replace', path: 'b', content: 'new' } as const;
    // Lost after the journal (1), the commit (2) and the removal of a (3).
    const hold = losingHold(5);
    await executor.reset(request(removal('a'), replace, removal('c')), hold).catch(() => undefined);
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
    const plan = await executor.plan(request(removal('a'), removal('b')));
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
    await executor.reset(request(replace, removal('b')), losingHold(5)).catch(() => undefined);
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
    const [{ id } = { id: '' }] = await failing.list();
    await failing.setAside(id, held);
    await failing.reset(request(removal('a')), held);
    expect([text(`.trash/${id}.set-aside/old-0`), names()]).toEqual(['old a', ['b']]);
  });

  it('that cannot complete takes back, and the report says why', async () => {
    for (const path of ['a', 'b']) writeFileSync(at(path), path);
    const plan = await executor.plan(request(removal('a'), removal('b')));
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
