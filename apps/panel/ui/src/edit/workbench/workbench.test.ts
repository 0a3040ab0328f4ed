/** Several editors in one tab: actions beside a form, what earlier pages left, and one conflict at a time. */
import { describe, expect, it } from 'vitest';
import { hasNewerVersion, overlayOf } from '../record/editor-state.ts';
import { EditWorld, opened, settled, taskState, typed } from '../testing/edit-world.ts';

describe('an action', () => {
  async function acting(world = new EditWorld()) {
    const { bench, editor: form } = await opened(world);
    const action = bench.editor(taskState, '17');
    const seen = { version: 41, value: { title: 'Milk', note: '', status: 'open' } };
    const act = (patch: Record<string, string>) => bench.act(taskState, '17', { patch, seen });
    return { world, bench, form, action, act };
  }

  it('goes through without a question when somebody changed something else', async () => {
    const { world, act, action } = await acting();
    world.write({ title: 'Rye' });
    act({ status: 'done' });
    await settled();
    expect(world.server?.value).toMatchObject({ title: 'Rye', status: 'done' });
    expect(action.state.conflict).toBeUndefined();
  });

  it('asks when somebody changed the same', async () => {
    const { world, bench, act, action } = await acting();
    world.write({ status: 'cancelled' });
    act({ status: 'done' });
    await settled();
    expect(bench.surface).toBe(action);
    action.answerConflict('discard');
    await settled();
    expect([bench.surface, world.server?.value.status]).toEqual([undefined, 'cancelled']);
  });

  it('is as if it had not been when it is refused', async () => {
    const { world, act, action } = await acting();
    world.faults = ['state-conflict'];
    act({ status: 'done' });
    await settled();
    expect(overlayOf(action.state)).toEqual({});
    expect(action.state.notice).toMatchObject({ kind: 'refused', answer: { reason: 'NOT_ALLOWED' } });
    expect(world.drafts).toEqual([]);
  });

  it('carries what is typed in the form on to its version, so that nobody is in the way of themselves', async () => {
    const { world, form, act } = await acting();
    form.type({ title: 'Oats' });
    act({ status: 'done' });
    form.save();
    await settled();
    expect(world.sent.map(({ version }) => version)).toEqual([41, 42]);
    expect(form.state).toMatchObject({ conflict: undefined, notice: { kind: 'saved' } });
  });

  it('says so when what is told once was lost with the answer', async () => {
    const { world, act, action } = await acting();
    world.faults = ['lost'];
    act({ status: 'told once' });
    await settled();
    action.retryNow();
    await settled();
    expect(action.state).toMatchObject({ once: undefined, notice: { kind: 'once-lost' } });
  });

  it('is not sent twice by a second click', async () => {
    const { world, act } = await acting();
    act({ status: 'done' });
    act({ status: 'done' });
    await settled();
    expect(world.sent).toHaveLength(1);
  });
});

describe('a workbench', () => {
  it('asks after a reload for what was on its way, whatever page is open', async () => {
    const { world, bench, editor } = await opened();
    world.faults = ['lost'];
    await typed(editor, { title: 'Oats' });
    await bench.close('keep');
    const again = world.tab('tab1');
    await again.start();
    await settled();
    expect(world.sent).toHaveLength(2);
    expect(again.unfinished).toEqual([]);
  });

  it('keeps a conflict of a page that is not open in the tray', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    await bench.close('keep');
    world.write({ title: 'Rye' });
    const again = world.tab('tab1');
    await again.start();
    expect(again.surface).toBeUndefined();
    expect(again.look('task', '17').mark).toBe('conflict');
    const [left] = again.unfinished;
    if (left !== undefined) again.want(left);
    expect(again.surface).toBe(left);
  });

  it('shows one conflict at a time', async () => {
    const { world, bench, editor } = await opened();
    const leave = bench.use(editor);
    editor.type({ title: 'Oats' });
    world.write({ title: 'Rye', status: 'cancelled' });
    bench.act(taskState, '17', {
      patch: { status: 'done' },
      seen: { version: 41, value: { status: 'open' } },
    });
    editor.save();
    await settled();
    expect(bench.unfinished).toHaveLength(2);
    const first = bench.surface;
    first?.answerConflict('discard');
    expect(bench.surface).not.toBe(first);
    expect(bench.surface).toBeDefined();
    leave();
  });

  it('reads a record again that somebody wrote while work on it is held', async () => {
    const { world, bench, editor } = await opened();
    editor.type({ title: 'Oats' });
    world.write({ note: 'theirs' });
    await bench.heard({ kind: 'task', id: '17', version: 42 });
    expect(hasNewerVersion(editor.state)).toBe(true);
    expect(editor.state.typed?.base.version).toBe(41);
  });
});
