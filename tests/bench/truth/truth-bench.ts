/**
 * What truth costs beside the same statements without us: those that our functions send are recorded once and then sent
 * again by the plain driver, on the same database, in turns.
 */
import { fillConnections } from '../../truth/many-connections.ts';
import type { Bench, BenchContext } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { mariadbEngine } from './mariadb-engine.ts';
import { sessionFigures } from './session-figures.ts';
import { snapshotFigure } from './snapshot-figure.ts';
import { sqliteEngine } from './sqlite-engine.ts';
import { timeRuleFigures } from './time-rule-figures.ts';
import type { TruthEngine } from './truth-engine.ts';

/** A quarter of them are sessions of the gateway whose snapshot is read. */
const connections = 200_000;

export const truthBench: Bench = {
  name: 'truth',
  describe:
    'snapshot, session locks and time rules on SQLite and MariaDB, beside the same statements on the bare driver',
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
        `${connections.toLocaleString('en')} connections. Both engines flush at each commit. The bare driver sends the same statements, on SQLite prepared once.`,
      ],
    };
  },
};

async function figuresOf(engine: TruthEngine, context: BenchContext): Promise<readonly Figure[]> {
  context.tell(`${engine.name}: filling`);
  await fillConnections(engine.truth, connections);
  context.tell(`${engine.name}: snapshot`);
  const snapshot = await snapshotFigure(engine, context);
  context.tell(`${engine.name}: sessions`);
  const sessions = await sessionFigures(engine, context);
  context.tell(`${engine.name}: time rules`);
  return [snapshot, ...sessions, ...(await timeRuleFigures(engine, context))];
}
