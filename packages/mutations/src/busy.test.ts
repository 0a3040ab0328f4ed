import { openTruth } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../tests/support/temporary-directory.ts';
import { answerTo, type Change, resourceKey } from './index.ts';
import { sqliteMemory } from './testing/engines.ts';
import { creation, edit, openTasks, type TaskValue, tasksIn } from './testing/task-world.ts';

describe('a mutation that finds no room', () => {
  it('is told to come again, with the same id, which then applies', async () => {
    await using database = await sqliteMemory();
    const world = await openTasks(database.open(), { mutex: { most: 1 } });
    const gate = Promise.withResolvers<void>();
    const slow = edit({ title: 'Oat milk' });
    const change: Change<TaskValue> = async (context) => {
      await gate.promise;
      return slow.change(context);
    };
    const first = world.change({ ...slow, change });
    const mutation = edit({ title: 'Rice' }, { version: 2 });
    const outcome = await world.change(mutation);
    expect(outcome).toEqual({ kind: 'busy', retryAfterMs: 1_000 });
    expect(answerTo(outcome)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    gate.resolve();
    await first;
    expect(await world.change(mutation)).toMatchObject({ kind: 'applied', resource: { version: 3 } });
  });

  it('waits for every resource that it names', async () => {
    await using database = await sqliteMemory();
    const world = await openTasks(database.open(), { mutex: { most: 1 } });
    const gate = Promise.withResolvers<void>();
    const slow = edit({ title: 'Oat milk' }, { alsoLocks: [resourceKey('project', '1')] });
    const change: Change<TaskValue> = async (context) => {
      await gate.promise;
      return slow.change(context);
    };
    const first = world.change({ ...slow, change });
    const made = creation('Rice', { alsoLocks: [resourceKey('project', '1')] });
    expect(await world.mutations.create(made)).toMatchObject({ kind: 'busy' });
    gate.resolve();
    await first;
    expect(await world.mutations.create(made)).toMatchObject({ kind: 'applied' });
  });

  it('is told the same when another process holds the database for too long', async () => {
    await using directory = await temporaryDirectory();
    const url = `sqlite:${directory.path}/truth.db`;
    await using holder = openTruth(url);
    await using truth = openTruth(url, { busyTimeoutMs: 5 });
    await openTasks(holder);
    const gate = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const holding = holder.transaction(async () => {
      isHeld.resolve();
      await gate.promise;
    });
    await isHeld.promise;
    expect(await tasksIn(truth).change(edit({ title: 'Rice' }))).toEqual({
      kind: 'busy',
      retryAfterMs: 1_000,
    });
    gate.resolve();
    await holding;
    expect(await tasksIn(truth).change(edit({ title: 'Rice' }))).toMatchObject({ kind: 'applied' });
  });
});

describe('a listener to changes', () => {
  it('that fails spoils nothing', async () => {
    await using database = await sqliteMemory();
    const onCommit = () => {
      throw new Error('nobody listens');
    };
    const world = await openTasks(database.open(), { onCommit });
    expect(await world.change(edit({ title: 'Rice' }))).toMatchObject({ kind: 'applied' });
  });
});
