/** Somebody was quicker: every way out of it, with nothing lost and nothing written twice. */
import { describe, expect, it } from 'vitest';
import { opened, settled, taskForm } from '../testing/edit-world.ts';
import { shownValue } from './editor-state.ts';

describe('a conflict', () => {
  async function refused(mine = { title: 'Oats' }, theirs = { title: 'Rye' }) {
    const found = await opened();
    found.editor.type(mine);
    found.world.write(theirs);
    found.editor.save();
    await settled();
    return found;
  }

  it('is applied on the version that is read then, under a new id', async () => {
    const { world, editor } = await refused();
    world.write({ note: 'third' });
    editor.answerConflict('apply');
    editor.answerConflict('apply');
    await settled();
    expect(world.sent.map(({ clientMutationId, version }) => [clientMutationId, version])).toEqual([
      ['id1', 41],
      ['id2', 43],
    ]);
    expect(world.server?.value).toMatchObject({ title: 'Oats', note: 'third' });
    expect(editor.state.conflict).toBeUndefined();
  });

  it('asks again when somebody writes the same field meanwhile', async () => {
    const { world, editor } = await refused();
    world.write({ title: 'Barley' });
    editor.answerConflict('apply');
    await settled();
    expect(editor.state.conflict).toMatchObject({ phase: 'choosing', theirs: { version: 43 } });
    expect(editor.state.said?.message).toBe('changed-again');
    expect(world.sent).toHaveLength(1);
  });

  it('that is discarded shows what the server has, and can be had back with what was typed since', async () => {
    const { world, editor } = await refused();
    editor.answerConflict('discard');
    await settled();
    expect(shownValue(editor.state).title).toBe('Rye');
    expect(editor.state).toMatchObject({ canUndoDiscard: true, notice: { kind: 'discarded' } });
    editor.type({ note: 'since' });
    await editor.undoDiscard();
    expect(editor.state.conflict).toMatchObject({
      phase: 'choosing',
      isShown: true,
      patch: { title: 'Oats', note: 'since' },
    });
    editor.answerConflict('apply');
    await settled();
    expect(world.server?.value).toMatchObject({ title: 'Oats', note: 'since' });
  });

  it('that is put aside lets the user type on, and comes back when they save', async () => {
    const { editor } = await refused();
    editor.answerConflict('keep-editing');
    editor.type({ title: 'Oat milk' });
    expect(shownValue(editor.state).title).toBe('Oat milk');
    editor.save();
    expect(editor.state.conflict).toMatchObject({ isShown: true, patch: { title: 'Oat milk' } });
  });

  it('sends nothing more when its user has left', async () => {
    const { world, bench, editor } = await refused();
    world.faults = ['down'];
    editor.answerConflict('apply');
    await settled();
    expect(editor.state.conflict?.phase).toBe('waiting');
    await bench.close('keep');
    await world.pass(60_000);
    expect(world.sent).toHaveLength(2);
  });

  it('over a deleted record makes a new one, once', async () => {
    const { world, editor } = await opened();
    editor.type({ title: 'Oats' });
    world.server = undefined;
    editor.save();
    await settled();
    expect(editor.state.conflict?.theirs.value).toBeUndefined();
    editor.restoreAsNew();
    editor.restoreAsNew();
    await settled();
    expect(world.sent.slice(1)).toEqual([
      { ...taskForm.create?.({ title: 'Oats', note: '' }), clientMutationId: 'id2' },
    ]);
    expect(editor.state).toMatchObject({ stage: 'gone', notice: { kind: 'made-anew', id: '18' } });
  });
});
