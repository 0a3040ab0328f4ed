import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordStatements } from '../../../../tests/truth/recorded-statements.ts';
import { bumpTags } from '../index.ts';
import { sqliteMemory } from '../testing/engines.ts';
import { openTasks, type TaskWorld } from '../testing/task-world.ts';
import { GenerationReader } from './generation-reader.ts';

describe('a reader of generations', () => {
  let world: TaskWorld;
  let close: () => Promise<void>;
  const bump = (...tags: string[]) => world.truth.transaction((trx) => bumpTags(trx, tags));

  beforeEach(async () => {
    const database = await sqliteMemory();
    world = await openTasks(database.open());
    close = async () => database[Symbol.asyncDispose]();
  });

  afterEach(() => close());

  it('asks once for all who come at the same time', async () => {
    const { truth, during } = recordStatements(world.truth);
    const reader = new GenerationReader(truth.db);
    const tags = ['task', 'task:1', 'task:2'];
    const statements = await during(async () => {
      await Promise.all(Array.from({ length: 50 }, (_reader, place) => reader.read([tags[place % 3] ?? ''])));
    });
    expect(statements).toHaveLength(1);
  });

  it('asks several times for more tags than one statement has', async () => {
    const { truth, during } = recordStatements(world.truth);
    const reader = new GenerationReader(truth.db);
    await bump('tag 70');
    const answers: string[] = [];
    const statements = await during(async () => {
      const all = Array.from({ length: 100 }, (_reader, place) => reader.read([`tag ${place}`]));
      answers.push(...(await Promise.all(all)));
    });
    expect(statements.length).toBeLessThan(8);
    expect(
      answers.map((answer, place) => (answer === '1' ? place : -1)).filter((place) => place >= 0),
    ).toEqual([70]);
  });

  it('answers nobody with a question that was asked before they came', async () => {
    const [isAnswered, mayTell] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slowOnce = world.truth.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        isAnswered.resolve();
        await mayTell.promise;
        return result;
      },
    });
    const reader = new GenerationReader(slowOnce);
    const early = reader.read(['task']);
    await isAnswered.promise;
    await bump('task');
    const late = reader.read(['task']);
    mayTell.resolve();
    expect(await early).toBe('0');
    expect(await late).toBe('1');
  });

  it('goes on after a question that failed', async () => {
    const reader = new GenerationReader(world.truth.db);
    await world.truth.db.schema.alterTable('tag_generations').renameTo('elsewhere').execute();
    await expect(reader.read(['task'])).rejects.toThrow();
    await world.truth.db.schema.alterTable('elsewhere').renameTo('tag_generations').execute();
    expect(await reader.read(['task'])).toBe('0');
  });
});
