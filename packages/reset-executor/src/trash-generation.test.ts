/** The trash: what is listed, pruned, set aside, and in which order. */
import { readdirSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { type FakeHeld, fakeHeld } from '@holdfast/base/fake-held';
import { encodeDocument } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResetExecutor } from './reset-executor.ts';
import { GuardedFiles, losingHold, reason, removal, request } from './testing/guarded-files.ts';

describe('the trash', () => {
  let files: GuardedFiles;
  let root: string;
  let held: FakeHeld;
  let executor: ResetExecutor;
  const at = (path: string) => files.at(path);
  const text = (path: string) => files.text(path);

  beforeEach(() => {
    files = new GuardedFiles();
    ({ root, held, executor } = files);
  });

  afterEach(() => files.remove());

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
      ids.push((await executor.reset(request(removal('a')), held)).id);
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

  it('is in the order in which resets were carried out, whatever plans and clocks say', async () => {
    const ids: string[] = [];
    for (const path of ['a', 'b', 'c', 'd']) writeFileSync(at(path), path);
    const plans = [];
    for (const path of ['a', 'b']) {
      plans.push(await executor.plan(request(removal(path))));
      wallMs += 1_000;
    }
    for (const plan of plans.toReversed()) ids.push((await executor.execute(plan, held)).id);
    for (const path of ['c', 'd']) {
      wallMs -= 3_600_000; // somebody has set the clock
      ids.push((await executor.reset(request(removal(path)), held)).id);
    }
    expect((await executor.list()).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(await executor.prune({ keep: 1 }, held)).toMatchObject({ removed: ids.slice(0, 3) });
    await executor.undo(ids.at(-1) ?? '', held);
    expect(text('d')).toBe('d');
  });

  it('is not pruned of what is unfinished, needed by an unfinished undo, damaged, or of another scope', async () => {
    const [first = '', second = '', third = ''] = await resetThrice();
    await executor.undo(third, losingHold(3)).catch(() => undefined); // committed, then lost before its effect
    writeFileSync(at(`.trash/${first}/journal.json`), 'damage');
    writeFileSync(at('b'), 'b');
    const elsewhere = { reason: { kind: 'manual', scope: 'else' }, scope: 'else', actions: [removal('b')] };
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

  it.each([
    ['is gone', (path: string) => unlinkSync(path)],
    ['is damaged', (path: string) => truncateSync(path, 100)],
    ['is that of another', (path: string) => writeFileSync(path, encodeDocument('{"id":"x"}', 1))],
  ])('of which a journal %s stops resets of that scope until it is set aside, as it is', async (_, spoil) => {
    for (const path of ['a', 'b']) writeFileSync(at(path), `old ${path}`);
    const { id } = await executor.reset(request(removal('a')), held);
    spoil(at(`.trash/${id}/journal.json`));
    const damaged = { code: 'RESET_DAMAGED', details: { id, path: at(`.trash/${id}/journal.json`) } };
    for (const blocked of [
      executor.resume(held),
      executor.undo(id, held),
      executor.reset(request(removal('b')), held),
    ])
      await expect(blocked).rejects.toMatchObject(damaged);
    expect(text('b')).toBe('old b');

    const directory = at(`.trash/${id}.set-aside`);
    expect(await executor.setAside(id, held)).toEqual({ id, directory });
    expect(readFileSync(join(directory, 'old-0'), 'utf8')).toBe('old a');
    expect(await executor.list()).toEqual([{ id, status: 'set-aside', directory }]);
    await executor.reset(request(removal('b')), held);
    expect(await executor.prune({ keep: 0 }, held)).toMatchObject({ removed: [expect.any(String)] });
    expect(readdirSync(at('.trash'))).toEqual([`${id}.set-aside`]);
    await expect(executor.setAside(id, held)).rejects.toMatchObject({ code: 'RESET_UNKNOWN' });
  });

  it('is not rid of a reset that is complete, or of another scope, by setting it aside', async () => {
    writeFileSync(at('a'), 'old');
    const { id } = await executor.reset(request(removal('a')), held);
    await expect(executor.setAside(id, held)).rejects.toMatchObject({ code: 'USAGE' });
    const elsewhere = executor.setAside(id, fakeHeld({ scope: 'else' }));
    await expect(elsewhere).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
    await executor.undo(id, held);
    expect(text('a')).toBe('old');
  });
});
