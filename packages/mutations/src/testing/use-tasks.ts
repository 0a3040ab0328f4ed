import { afterEach, beforeEach } from 'vitest';
import type { MutationsOptions } from '../index.ts';
import type { MakeDatabase, TestDatabase } from './engines.ts';
import { addTasks, emptyTables, makeTaskTables, type TaskWorld, tasksIn } from './task-world.ts';

/**
 * To be called inside a suite: each of its tests has two tasks in a database of its own.
 *
 * @returns the world, and another one on the same database, as another process would have it
 */
export function useTasks(
  make: MakeDatabase,
  options: Omit<MutationsOptions, 'truth'> & { readonly isPanel?: boolean } = {},
): { readonly world: () => TaskWorld; readonly another: () => TaskWorld } {
  let database: TestDatabase;
  let world: TaskWorld;
  beforeEach(async () => {
    database = await make();
    const truth = database.open();
    await (database.isUsed ? emptyTables(truth, options.isPanel ?? false) : makeTaskTables(truth));
    world = await addTasks(truth, options);
  });
  afterEach(() => database?.[Symbol.asyncDispose]());
  return { world: () => world, another: () => tasksIn(database.open(), options) };
}
