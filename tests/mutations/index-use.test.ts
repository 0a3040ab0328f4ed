/** A mutation, a conflict, a cached read and the sweep find their rows by key, however many there are. */
import { randomUUID } from 'node:crypto';
import { bumpTags, Mutations, sweepReceipts, TagCache } from '@holdfast/mutations';
import { openTruth } from '@holdfast/truth-db';
import { expect, it } from 'vitest';
import { edit, openTasks } from '../../packages/mutations/src/testing/task-world.ts';
import { plansOf } from '../truth/query-plan.ts';
import { recordStatements } from '../truth/recorded-statements.ts';

it('statements beside the resource of a mutation use their indexes', async () => {
  await using original = openTruth('sqlite::memory:');
  await openTasks(original);
  const { truth, during } = recordStatements(original);
  const mutations = new Mutations({ truth });
  const cache = new TagCache({ truth });
  const statements = await during(async () => {
    await mutations.change(edit({ title: 'Oat milk' }));
    await mutations.change(edit({ title: 'Rice' }, { clientMutationId: randomUUID() }));
    await mutations.change(edit({ title: 'Rice' }, { id: '77' }));
    await cache.read({ key: 'a', view: 'v', tags: ['task:1', 'task'], fill: async () => ({}) });
    await truth.transaction((trx) => bumpTags(trx, ['task']));
    await sweepReceipts(truth, { at: Date.now() + 10 * 86_400_000 });
  });
  const { steps, complaints } = await plansOf(original, statements);
  expect(complaints).toEqual([]);
  expect(steps).toEqual([
    'change_log: PRIMARY',
    'mutation_receipts: PRIMARY',
    'mutation_receipts: ix_mutation_receipts_created_at',
    'tag_generations: PRIMARY',
    'task: PRIMARY',
  ]);
});
