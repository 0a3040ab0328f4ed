/** Resets that are taken back, and when they are not. */
import { readdirSync, writeFileSync } from 'node:fs';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResetExecutor } from './reset-executor.ts';
import { GuardedFiles, removal, request } from './testing/guarded-files.ts';

describe('an undo', () => {
  let files: GuardedFiles;
  let held: FakeHeld;
  let executor: ResetExecutor;
  const at = (path: string) => files.at(path);
  const text = (path: string) => files.text(path);
  const names = () => files.names();

  beforeEach(() => {
    files = new GuardedFiles();
    ({ held, executor } = files);
  });

  afterEach(() => files.remove());

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
    const { id } = await executor.reset(request(removal('a'), removal('b')), held);
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
    const { id } = await executor.reset(request(removal('a')), held);
    const undo = executor.undo(id, fakeHeld({ scope: 'else' }));
    await expect(undo).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
  });

  it('does not put back a file that was damaged in the trash', async () => {
    writeFileSync(at('a'), 'old');
    const { id } = await executor.reset(request(removal('a')), held);
    writeFileSync(at(`.trash/${id}/old-0`), 'bad');
    await expect(executor.undo(id, held)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(names()).toEqual([]);
  });
});
