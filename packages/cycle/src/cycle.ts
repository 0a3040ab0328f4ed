/**
 * The sentence. Every guarded change in this repository is this function with other stages:
 *
 *   trigger → decide → plan → lock → read truth → diff → write → verify → report
 *
 * The trigger is recorded before the lock is sought, and truth is read after it is held, together with the newest
 * trigger id. So whoever gets the lock covers everybody who asked before its reading, and a caller whose ticket is
 * covered when its turn comes has nothing left to do: it joined.
 *
 * A run that finds the intent of a run that died reads everything again and rolls forward; there is nothing to roll back,
 * because what is desired never depends on what was half done.
 */
import { planOf, type TriggerReason } from '@holdfast/action-plan';
import { type Held, HoldfastError, systemClock } from '@holdfast/base';
import type { CycleOptions } from './cycle-options.ts';
import type { CycleReport } from './cycle-report.ts';
import type { CycleStep } from './cycle-step.ts';
import { type HeldReport, type HeldRun, runHeld } from './held-run.ts';
import type { HeldStages, Stages } from './stages.ts';

export async function cycle<Reason extends TriggerReason, Action, Desired, Actual, Changes, Drift>(
  reason: Reason,
  stages: Stages<Reason, Action, Desired, Actual, Changes, Drift>,
  options: CycleOptions,
): Promise<CycleReport<Desired, Changes>> {
  const { mode, waitMs, priority, clock = systemClock } = options;
  const reached = async (step: CycleStep) => options.onStep?.(step);

  const ticket = mode === 'apply' ? await stages.trigger(reason) : undefined;
  const ticketed = ticket === undefined ? {} : { ticket };
  await reached('triggered');
  const verdict = stages.decide(reason);
  await reached('decided');
  if (verdict.kind === 'refuse') throw new HoldfastError('REFUSED', verdict.because);
  const plan = planOf(reason, verdict, { mode, waitMs, priority });
  await reached('planned');
  if (plan === undefined)
    return { outcome: 'kept', ...ticketed, rolledForward: false, waitedMs: 0, yields: 0 };

  for (let yields = 0; ; yields += 1) {
    const report = await stages.lock(plan, async (held) => {
      await reached('locked');
      const settled = await runLocked(stages, held, { ticket, ...options, clock, reached, yields });
      return settled && { ...settled, ...ticketed, waitedMs: held.waitedMs, backend: held.backend, yields };
    });
    // Undefined: somebody had to have the lock. Queue again, and read everything again.
    if (report !== undefined) return report;
  }
}

interface LockedRun extends Omit<HeldRun, 'startedMs'> {
  readonly ticket: number | undefined;
}

async function runLocked<Reason extends TriggerReason, Action, Desired, Actual, Changes, Drift>(
  stages: Stages<Reason, Action, Desired, Actual, Changes, Drift>,
  held: Held,
  { ticket, ...run }: LockedRun,
): Promise<HeldReport<Desired, Changes> | undefined> {
  if (ticket !== undefined && (await stages.isCovered(ticket))) {
    return { outcome: 'joined', rolledForward: false };
  }
  const startedMs = run.clock.monotonicMs();
  const working = 'held' in stages ? await stages.held(held) : stages;
  try {
    return await runHeld(working, held, { ...run, startedMs });
  } catch (error) {
    if (run.mode === 'apply') await reportFailure(working, held, error, run.clock.monotonicMs() - startedMs);
    throw error;
  }
}

/** What failed first is what the caller has to know, also when it is the reporting that fails. */
async function reportFailure(
  stages: Pick<HeldStages<never, never, never, never>, 'report'>,
  held: Held,
  error: unknown,
  tookMs: number,
): Promise<void> {
  await stages.report(held, { kind: 'failed', error, tookMs }).catch(() => undefined);
}
