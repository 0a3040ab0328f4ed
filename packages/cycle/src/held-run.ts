/**
 * The part of the sentence that runs with the lock held: read truth → diff → write → verify → report.
 *
 * What changed since the last run is enough where that is known for certain; everything is read wherever it is not.
 */
import { type Clock, type Held, isHoldfastError } from '@holdfast/base';
import { converge } from './converge.ts';
import type { CycleOptions } from './cycle-options.ts';
import type { CycleReport } from './cycle-report.ts';
import type { CycleStep } from './cycle-step.ts';
import type { HeldStages, TruthReading } from './stages.ts';

/** What is known of a run when it has had the lock. */
export type HeldReport<Desired, Changes> = Omit<CycleReport<Desired, Changes>, 'waitedMs' | 'yields'>;

export interface HeldRun extends CycleOptions {
  readonly clock: Clock;
  readonly startedMs: number;
  readonly reached: (step: CycleStep) => Promise<void>;
  /** How often this cycle has given way before, each time with something written. */
  readonly yields: number;
}

/** @returns undefined when it stopped between two parts, for somebody who waits for the lock */
export async function runHeld<Desired, Actual, Changes, Drift>(
  stages: HeldStages<Desired, Actual, Changes, Drift>,
  held: Held,
  run: HeldRun,
): Promise<HeldReport<Desired, Changes> | undefined> {
  const { mode, clock, startedMs, reached } = run;
  const mayWrite = mode === 'apply';
  const rolledForward = mayWrite && (await stages.intent.isOpen());
  const news = mayWrite && !rolledForward ? await settleNews(stages, held, run) : 'none';
  const settled = typeof news === 'string' ? await settle(stages, held, run) : news;
  const { desired, covered, changes } = settled;
  const outcome = outcomeOfAll(settled.outcome, run.yields);
  if (outcome === 'yielded') {
    await (stages.intent.pause ?? stages.intent.close)(held);
    return undefined;
  }
  await reached('verified');
  if (mayWrite && outcome !== 'pending') {
    await stages.tell?.(held, desired);
    const tookMs = clock.monotonicMs() - startedMs;
    await stages.report(held, { kind: 'settled', outcome, covered, rolledForward, desired, changes, tookMs });
    await reached('reported');
    // Last of all: if we die before, the next run finds an intent to roll forward, which is merely careful.
    if (outcome === 'applied' || rolledForward || news === 'failed') await stages.intent.close(held);
  }
  return { outcome, covered, rolledForward, desired, changes };
}

/** Of all the parts of a cycle: when it comes back for the rest, somebody else may have done it. */
function outcomeOfAll<Outcome extends string>(last: Outcome, yields: number): Outcome | 'applied' {
  return last === 'unchanged' && yields > 0 ? 'applied' : last;
}

interface Settled<Desired, Changes> {
  readonly desired: Desired;
  readonly covered: number;
  readonly changes: Changes;
  readonly outcome: 'unchanged' | 'pending' | 'applied' | 'yielded';
}

/** Makes what there is equal to all that truth says. */
async function settle<Desired, Actual, Changes, Drift>(
  stages: HeldStages<Desired, Actual, Changes, Drift>,
  held: Held,
  run: HeldRun,
): Promise<Settled<Desired, Changes>> {
  const reading = await stages.readTruth(held);
  await run.reached('truth');
  return settleReading(stages, held, run, reading);
}

/**
 * The same for what changed since the last run alone. It is one try: what goes wrong with it is no failure yet, because
 * then everything is read.
 */
async function settleNews<Desired, Actual, Changes, Drift>(
  stages: HeldStages<Desired, Actual, Changes, Drift>,
  held: Held,
  run: HeldRun,
): Promise<Settled<Desired, Changes> | 'none' | 'failed'> {
  const reading = await stages.readNews?.(held);
  if (reading === undefined) return 'none';
  await run.reached('truth');
  try {
    return await settleReading(stages, held, run, reading, 1);
  } catch (error) {
    if (isHoldfastError(error, 'DATAPLANE_FAILED') || isHoldfastError(error, 'VERIFY_FAILED'))
      return 'failed';
    throw error;
  }
}

async function settleReading<Desired, Actual, Changes, Drift>(
  stages: HeldStages<Desired, Actual, Changes, Drift>,
  held: Held,
  { mode, priority, retryBudgetMs: budgetMs = 30_000, clock, reached }: HeldRun,
  { desired, covers }: TruthReading<Desired>,
  tries?: number,
): Promise<Settled<Desired, Changes>> {
  const { changes, outcome } = await converge(stages, {
    desired,
    covers,
    held,
    mayWrite: mode === 'apply',
    mayYield: priority === 'background',
    budgetMs,
    clock,
    reached,
    ...(tries === undefined ? {} : { tries }),
  });
  return { desired, covered: covers, changes, outcome };
}
