/** What a mutation costs beside its own statements without us, and what the cache saves. */
import type { Bench, BenchContext } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { mariadbEngine } from '../truth/mariadb-engine.ts';
import { sqliteEngine } from '../truth/sqlite-engine.ts';
import type { TruthEngine } from '../truth/truth-engine.ts';
import { makeTasks } from './bench-tasks.ts';
import { readFigures } from './read-figures.ts';
import { writeFigures } from './write-figures.ts';

export const mutationsBench: Bench = {
  name: 'mutations',
  describe: 'mutations beside their bare SQL transaction, cached reads beside uncached ones and lru-cache',
  run: async (context) => {
    const figures: Figure[] = [];
    for (const open of [sqliteEngine, mariadbEngine]) {
      await using engine = await open();
      if (engine !== undefined) figures.push(...(await figuresOf(engine, context)));
    }
    return {
      kind: 'measured',
      figures,
      notes: [
        'A mutation is an edit of two fields with its receipt, its line in the log and three tags. Both engines flush at each commit.',
        'The bare driver sends the same statements with other parameters, on SQLite prepared once.',
      ],
    };
  },
};

async function figuresOf(engine: TruthEngine, context: BenchContext): Promise<readonly Figure[]> {
  context.tell(`${engine.name}: filling`);
  await makeTasks(engine.truth, 1_000);
  const figures: Figure[] = [];
  for (const width of engine.isConcurrent ? [1, 8] : [1]) {
    context.tell(`${engine.name}: mutations, ${width} at a time`);
    figures.push(...(await writeFigures(engine, width, context)));
  }
  context.tell(`${engine.name}: reads`);
  return [...figures, ...(await readFigures(engine, context))];
}
