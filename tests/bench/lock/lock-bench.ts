/** What a lock costs when nobody else wants it, and how well it is shared when eight processes do. */
import type { Bench, BenchContext } from '../bench.ts';
import { type Comparison, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { type ContenderKind, type ContentionResult, contention } from './contention.ts';
import { uncontended } from './uncontended.ts';

const processes = 8;
const peer = 'flock(2)';

export const lockBench: Bench = {
  name: 'lock',
  describe:
    'runner.run beside flock(2) through the same FFI and proper-lockfile, alone and among 8 processes',
  run: async (context) => {
    context.tell('uncontended');
    const figures = [...(await uncontended(context))];
    figures.push(...(await contended(context, 250, ['holdfast', peer, 'proper-lockfile', 'flock(1)'])));
    figures.push(...(await contended(context, 5_000, ['holdfast', peer, 'proper-lockfile'])));
    return {
      kind: 'measured',
      figures,
      notes: [
        'Uncontended: default options, one call after the other; bare calls are open, flock, unlock, close.',
        'Contended: busy holds, one turn of the event loop between two; flock(2) blocks its thread on one open descriptor;',
        'proper-lockfile retries after 1 to 50 ms; flock(1) is one command per lock.',
      ],
    };
  },
};

type Measure = keyof ContentionResult;

const measures: Readonly<Record<Measure, Pick<Comparison, 'what' | 'unit' | 'target'>>> = {
  perSecond: { what: 'throughput', unit: 'per s', target: { relation: '≥', limit: 0.9 } },
  mostToLeast: { what: 'most/least', unit: 'times', target: { relation: '≤', limit: 1.2 } },
  longestWaitMs: { what: 'longest wait', unit: 'ms', target: { relation: '≤', limit: 1.2 } },
};

async function contended(
  context: BenchContext,
  holdMicros: number,
  kinds: readonly ContenderKind[],
): Promise<readonly Figure[]> {
  const { signal, isFull, tell } = context;
  const windowMs = isFull ? 6_000 : 1_500;
  const seen = new Map<string, ContentionResult[]>();
  await inRounds(
    kinds.map((kind) => ({
      name: kind,
      round: async () => {
        const result = await contention({ kind, processes, holdMicros, windowMs, signal });
        seen.set(kind, [...(seen.get(kind) ?? []), result]);
        return result.perSecond;
      },
    })),
    {
      rounds: 3,
      // Each contender warms itself up.
      warmUps: 0,
      signal,
      onRound: (round) => tell(`${processes} processes, holds of ${holdMicros} µs, round ${round}`),
    },
  );
  return (Object.keys(measures) as Measure[]).flatMap((measure) => {
    const values = new Map(
      Array.from(seen, ([kind, results]) => [kind, results.map((result) => result[measure])]),
    );
    const { what, unit, target } = measures[measure];
    return kinds
      .filter((kind) => kind !== peer)
      .map((subject) =>
        compare(values, {
          what: `${holdMicros} µs holds, ${what}`,
          unit,
          subject,
          peer,
          ...(subject === 'holdfast' && target !== undefined ? { target } : {}),
        }),
      );
  });
}
