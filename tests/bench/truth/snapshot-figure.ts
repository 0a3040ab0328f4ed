/** The read of every policy run: the gateway with its 50 000 sessions in one snapshot. */
import { readGatewaySnapshot } from '@holdfast/truth-db';
import { filledAt } from '../../truth/many-connections.ts';
import { recordStatements } from '../../truth/recorded-statements.ts';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import type { TruthEngine } from './truth-engine.ts';

export async function snapshotFigure(engine: TruthEngine, { signal, isFull }: BenchContext): Promise<Figure> {
  const { truth, bareName } = engine;
  const recorded = recordStatements(truth);
  const statements = await recorded.during(() => readGatewaySnapshot(recorded.truth, 'gw0', filledAt));
  await using bare = await engine.openBare();
  const values = await inRounds(
    [
      { name: 'snapshot', round: () => tookMs(() => readGatewaySnapshot(truth, 'gw0', filledAt)) },
      { name: bareName, round: () => tookMs(async () => bare.run(statements)) },
    ],
    { rounds: isFull ? 31 : 11, signal },
  );
  return compare(values, {
    what: `${engine.name}, 50 000 sessions`,
    unit: 'ms',
    subject: 'snapshot',
    peer: bareName,
    target: { relation: '≤', limit: 1.3 },
  });
}

async function tookMs(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}
