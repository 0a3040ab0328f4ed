/** How well a lock is shared when eight processes want it: throughput, fairness and longest wait beside a peer. */
import type { BenchContext } from '../bench.ts';
import { type Comparison, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { type ContenderKind, type ContentionResult, contention } from './contention.ts';

const processes = 8;

export interface Contest {
  readonly holdMicros: number;
  readonly kinds: readonly ContenderKind[];
  /** Every other kind is compared with it. */
  readonly peer: ContenderKind;
  /** The kind that has targets. */
  readonly subject?: ContenderKind;
  /** Where the server of the kinds listens. */
  readonly socketPath?: string;
}

type Measure = keyof ContentionResult;

const measures: Readonly<Record<Measure, Pick<Comparison, 'what' | 'unit' | 'target'>>> = {
  perSecond: { what: 'throughput', unit: 'per s', target: { relation: '≥', limit: 0.9 } },
  mostToLeast: { what: 'most/least', unit: 'times', target: { relation: '≤', limit: 1.2 } },
  longestWaitMs: { what: 'longest wait', unit: 'ms', target: { relation: '≤', limit: 1.2 } },
};

export async function contended(context: BenchContext, contest: Contest): Promise<readonly Figure[]> {
  const { holdMicros, kinds, peer, subject: judged, ...where } = contest;
  const { signal, isFull, tell } = context;
  const windowMs = isFull ? 6_000 : 1_500;
  const seen = new Map<string, ContentionResult[]>();
  await inRounds(
    kinds.map((kind) => ({
      name: kind,
      round: async () => {
        const result = await contention({ kind, processes, holdMicros, windowMs, signal, ...where });
        seen.set(kind, [...(seen.get(kind) ?? []), result]);
        return result.perSecond;
      },
    })),
    {
      rounds: 5,
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
          ...(subject === judged && target !== undefined ? { target } : {}),
        }),
      );
  });
}
