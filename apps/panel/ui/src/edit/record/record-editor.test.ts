/** One record in two tabs: what is sent, what is kept, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { opened, settled, taskForm, typed } from '../testing/edit-world.ts';
import { hasNewerVersion, markOf, overlayOf, shownValue } from './editor-state.ts';

describe('an editor', () => {
  it('shows what was typed at once, sends it once, and adopts the version that it made', async () => {
    const { world, editor } = await opened();
    await typed(editor, { title: 'Oats' });
    expect(world.sent).toEqual([
      { ...taskForm.write('17', { title: 'Oats' }), clientMutationId: 'id1', version: 41 },
    ]);
    expect(editor.state).toMatchObject({ delivery: 'idle', notice: { kind: 'saved' }, typed: undefined });
    expect(editor.state.pending?.server.version).toBe(42);
    await typed(editor, { note: 'two' });
    expect(world.sent[1]).toMatchObject({ version: 42, input: { note: 'two' } });
    expect(world.drafts).toEqual([]);
  });

  it('takes a value that was typed back for no change', async () => {
    const { world, editor } = await opened();
    editor.type({ title: 'Oats' });
    editor.type({ title: 'Milk' });
    await world.pass(300);
    expect(editor.state.typed).toBeUndefined();
    expect(world.drafts).toEqual([]);
  });

  it('sends nothing that is wrong', async () => {
    const { world, editor } = await opened();
    await typed(editor, { title: '' });
    expect(editor.state.issues).toEqual([{ path: '/title', code: 'empty' }]);
    expect(world.sent).toEqual([]);
  });

  it('keeps its base when somebody else writes, and is refused for it', async () => {
    const { world, editor } = await opened();
    editor.type({ title: 'Oats' });
    world.write({ title: 'Rye', note: 'theirs' });
    editor.told(world.server);
    expect(hasNewerVersion(editor.state)).toBe(true);
    expect(shownValue(editor.state)).toMatchObject({ title: 'Oats', note: '' });
    editor.type({ title: 'Oat milk' });
    editor.save();
    await settled();
    expect(world.sent[0]?.version).toBe(41);
    expect(editor.state.conflict).toMatchObject({ phase: 'choosing', isShown: true, base: { version: 41 } });
    expect(markOf(editor.state)).toBe('conflict');
    expect(shownValue(editor.state).title).toBe('Oat milk');
    await world.pass(300);
    expect(world.drafts[0]).toMatchObject({ state: 'conflict', patch: { title: 'Oat milk' } });
  });

  it('has the request on disk before it leaves', async () => {
    const { world, editor } = await opened();
    const held = Promise.withResolvers<void>();
    world.hold = held.promise;
    await typed(editor, { title: 'Oats' });
    expect(world.drafts[0]).toMatchObject({ state: 'sending', clientMutationId: 'id1', baseVersion: 41 });
    editor.type({ note: 'later' });
    await world.pass(300);
    expect(world.drafts[0]).toMatchObject({ patch: { title: 'Oats' }, later: { note: 'later' } });
    expect(overlayOf(editor.state)).toEqual({ title: 'Oats' });
    held.resolve();
    await settled();
    expect(editor.state.typed).toMatchObject({ base: { version: 42 }, patch: { note: 'later' } });
  });

  it('sends the same request again while the network is away, and is applied once', async () => {
    const { world, editor } = await opened();
    world.faults = ['lost', 'down'];
    await typed(editor, { title: 'Oats' });
    expect(editor.state.delivery).toBe('waiting');
    await world.pass(300);
    editor.retryNow();
    await settled();
    expect(new Set(world.sent.map((write) => JSON.stringify(write))).size).toBe(1);
    expect(world.sent).toHaveLength(3);
    expect(editor.state).toMatchObject({ delivery: 'idle', notice: { kind: 'saved' } });
    expect(world.server?.version).toBe(42);
  });

  it('waits for the user to log in again, and goes on', async () => {
    const { world, editor } = await opened();
    world.faults = ['signed-out'];
    world.signsIn = false;
    await typed(editor, { title: 'Oats' });
    expect(editor.state.delivery).toBe('signed-out');
    world.signsIn = true;
    editor.retryNow();
    await settled();
    expect(editor.state.notice?.kind).toBe('saved');
  });

  it.each(['forbidden', 'state-conflict'] as const)('gives back what was typed after %s', async (fault) => {
    const { world, editor } = await opened();
    world.faults = [fault];
    await typed(editor, { title: 'Oats' });
    await world.pass(300);
    expect(editor.state).toMatchObject({ typed: { patch: { title: 'Oats' } }, notice: { kind: 'refused' } });
    expect(editor.state.pending?.patches).toEqual([]);
    expect(world.drafts[0]).toMatchObject({ state: 'editing', patch: { title: 'Oats' } });
  });

  it('leaves it to the user whether an answer that nobody understands is asked for again', async () => {
    const { world, editor } = await opened();
    world.faults = ['unexpected', 'unexpected'];
    await typed(editor, { title: 'Oats' });
    expect(editor.state.delivery).toBe('stuck');
    editor.retryNow();
    await settled();
    expect([world.sent.length, editor.state.delivery]).toEqual([2, 'stuck']);
    editor.giveUpSending();
    await settled();
    expect(editor.state).toMatchObject({ delivery: 'idle', typed: { patch: { title: 'Oats' } } });
  });

  it('saves all the same when the disk does not answer', async () => {
    const { world, editor } = await opened();
    world.hasDisk = false;
    await typed(editor, { title: 'Oats' });
    expect(world.sent).toEqual([]);
    await world.pass(1_000);
    expect(editor.state.notice?.kind).toBe('saved');
  });

  it('has back what was discarded after another save, too: as a conflict with it', async () => {
    const { world, editor } = await opened();
    editor.type({ title: 'Oats' });
    editor.undoChanges();
    await typed(editor, { title: 'Rye' });
    await editor.undoDiscard();
    expect(world.server?.value.title).toBe('Rye');
    expect(editor.state.conflict).toMatchObject({ phase: 'choosing', patch: { title: 'Oats' } });
  });

  it('that could not be read opens when somebody else has read the record', async () => {
    const { world, bench } = await opened();
    world.isReadable = false;
    const other = bench.editor(taskForm, '18');
    await other.open();
    expect(other.state.stage).toBe('unreachable');
    world.isReadable = true;
    other.told(world.server);
    await settled();
    expect(other.state.stage).toBe('open');
  });

  it('has back what was discarded, also in a page of later', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    editor.undoChanges();
    await settled();
    expect(editor.state).toMatchObject({ typed: undefined, canUndoDiscard: true });
    await bench.close('keep');
    const later = await opened(world);
    expect(later.editor.state).toMatchObject({ typed: undefined, canUndoDiscard: true });
    await later.editor.undoDiscard();
    expect(later.editor.state.typed?.patch).toEqual({ title: 'Oats' });
    later.editor.undoChanges();
    await world.pass(600_001);
    expect(later.editor.state.canUndoDiscard).toBe(false);
  });
});

describe('a reload', () => {
  it('has back what was typed, on the same version', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    await bench.close('keep');
    const again = await opened(world);
    expect(again.editor.state).toMatchObject({
      typed: { patch: { title: 'Oats' }, base: { version: 41 } },
      notice: { kind: 'restored' },
    });
  });

  it('while a save is on its way asks under the same id whether it landed', async () => {
    const { world, bench, editor } = await opened();
    world.faults = ['lost'];
    await typed(editor, { title: 'Oats' });
    editor.type({ note: 'later' });
    await bench.close('keep');
    world.write({ note: 'theirs' });
    const again = await opened(world);
    await settled();
    expect(new Set(world.sent.map((write) => JSON.stringify(write))).size).toBe(1);
    expect(again.editor.state).toMatchObject({
      notice: { kind: 'landed' },
      typed: { base: { version: 42 }, patch: { note: 'later' } },
    });
    expect(world.server?.value).toMatchObject({ title: 'Oats', note: 'theirs' });
  });

  it('of a record that moved on opens the conflict, with what was decided in it', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats', note: 'mine' });
    world.write({ title: 'Rye', note: 'theirs' });
    editor.save();
    await settled();
    editor.decide('title', { kind: 'theirs' });
    editor.decide('note', { kind: 'edited', value: { note: 'both' } });
    await bench.close('keep');
    const again = await opened(world);
    expect(again.editor.state.conflict).toMatchObject({
      choices: { title: { kind: 'theirs' }, note: { kind: 'edited', value: { note: 'both' } } },
    });
    again.editor.answerConflict('apply');
    await settled();
    expect(world.server?.value).toMatchObject({ title: 'Rye', note: 'both' });
    expect(again.editor.state).toMatchObject({ conflict: undefined, notice: { kind: 'saved' } });
    expect(world.drafts).toEqual([]);
  });

  it('takes over the draft of a tab that is closed, and leaves that of an open one alone', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    await bench.ports.drafts.flush();
    const beside = await opened(world, 'tab2');
    expect(beside.editor.state).toMatchObject({ typed: undefined, draftsElsewhere: 1 });
    await bench.close('keep');
    world.open.delete('tab1');
    const heir = await opened(world, 'tab3');
    expect(heir.editor.state.typed?.patch).toEqual({ title: 'Oats' });
    expect(world.drafts.map(({ tabId }) => tabId)).toEqual(['tab3']);
  });

  it('finds no draft when the user left without them', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    await bench.close('purge');
    expect(world.drafts).toEqual([]);
  });
});
