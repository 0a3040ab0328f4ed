/** A list of a hundred rows: from the cache, which asks for the generations of its tags, from the database, and from lru-cache alone. */
import { TagCache } from '@holdfast/mutations';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds, microsPerBlockingCall, microsPerCall } from '../rounds.ts';
import type { TruthEngine } from '../truth/truth-engine.ts';
import { requireFrom } from '../workspace.ts';
import { listTasks } from './bench-tasks.ts';

const reads = 400;
const subject = 'cached';

type BareCache = new (options: {
  readonly maxSize: number;
  readonly ttl: number;
}) => {
  get(key: string): unknown;
  set(key: string, value: unknown, options: { readonly size: number }): unknown;
};

export async function readFigures(
  { truth, name }: TruthEngine,
  { signal, isFull }: BenchContext,
): Promise<readonly Figure[]> {
  const cache = new TagCache({ truth });
  const read = () =>
    cache.read({
      key: 'GET /v1/projects/1/tasks',
      view: 'editor',
      tags: ['project:1:tasks', 'task'],
      fill: () => listTasks(truth, 1),
    });
  const { LRUCache } = requireFrom('mutations')('lru-cache') as { LRUCache: BareCache };
  const bare = new LRUCache({ maxSize: 2 ** 20, ttl: 45_000 });
  bare.set('GET /v1/projects/1/tasks', await read(), { size: 1_000 });
  const many = 64;
  const values = await inRounds(
    [
      { name: subject, round: () => microsPerCall(reads, read) },
      { name: 'uncached', round: () => microsPerCall(reads, () => listTasks(truth, 1)) },
      {
        name: `${subject}, ${many} at once`,
        round: async () =>
          (await microsPerCall(reads / 16, () => Promise.all(Array.from({ length: many }, read)))) / many,
      },
      {
        name: 'lru-cache',
        round: () => microsPerBlockingCall(reads * 25, () => bare.get('GET /v1/projects/1/tasks')),
      },
    ],
    { rounds: isFull ? 31 : 9, signal },
  );
  const what = `${name}, a list of 100`;
  return [
    compare(values, { what, unit: 'µs', subject, peer: 'uncached', target: { relation: '≤', limit: 1 } }),
    compare(values, { what, unit: 'µs', subject: `${subject}, ${many} at once`, peer: 'uncached' }),
    compare(values, { what, unit: 'µs', subject: `${subject}, ${many} at once`, peer: 'lru-cache' }),
  ];
}
