/** What time does to connections: when nothing is due, and when every third of 200 000 became so at once. */
import { applyTimeRules, encodeTime, type Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { filledAt as at } from '../../truth/many-connections.ts';
import { recordStatements } from '../../truth/recorded-statements.ts';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import type { TruthEngine } from './truth-engine.ts';

const subject = 'time rules';

export async function timeRuleFigures(
  engine: TruthEngine,
  context: BenchContext,
): Promise<readonly Figure[]> {
  const due = await measure(engine, context, { what: 'a third of 200 000 due', rounds: 3, isReset: true });
  const idle = await measure(engine, context, { what: '200 000, none due', rounds: 31, isReset: false });
  return [idle, due];
}

async function measure(
  engine: TruthEngine,
  { signal, isFull }: BenchContext,
  { what, rounds, isReset }: { readonly what: string; readonly rounds: number; readonly isReset: boolean },
): Promise<Figure> {
  const { truth, bareName } = engine;
  const reset = async () => {
    if (isReset) await makeDueAgain(truth);
  };
  const recorded = recordStatements(truth);
  await reset();
  const statements = await recorded.during(() => applyTimeRules(recorded.truth, { at }));
  await using bare = await engine.openBare();
  const timed = (act: () => Promise<unknown>) => async () => {
    await reset();
    const startMs = performance.now();
    await act();
    return performance.now() - startMs;
  };
  const values = await inRounds(
    [
      { name: subject, round: timed(() => applyTimeRules(truth, { at })) },
      { name: bareName, round: timed(async () => bare.run(statements)) },
    ],
    { rounds: isFull ? rounds * 3 : rounds, warmUps: isReset ? 0 : 1, signal },
  );
  return compare(values, {
    what: `${engine.name}, ${what}`,
    unit: 'ms',
    subject,
    peer: bareName,
    // What is idle takes microseconds, and a transaction of ours costs some of them.
    ...(isReset ? { target: { relation: '≤', limit: 1.3 } as const } : {}),
  });
}

/** Takes back what the rules have done to the connections of `fillConnections`, with the triggers, whose ids are replayed. */
async function makeDueAgain(truth: Truth): Promise<void> {
  await truth.db.deleteFrom('policy_triggers').where('reason', '=', 'grace-passed').execute();
  await sql`
    update vpn_connections set restricted_reason = null, restricted_effective = 0
    where restricted_reason = 'UNCLAIMED_OVERDUE' and unclaimed_grace_until <= ${encodeTime(at)}`.execute(
    truth.db,
  );
}
