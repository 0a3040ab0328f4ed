/** One run of a policy, with when it held the lock and which steps it reached. In this process. */
import type { CycleStep } from '@holdfast/cycle';
import type { DataplaneStep } from '@holdfast/gateway-policy';
import {
  type PolicyContext,
  type PolicyMemory,
  type PolicyReport,
  runPolicy,
} from '@holdfast/gateway-policy/command';
import type { HoldInterval } from '../../support/hold-intervals.ts';
import type { Asked } from './trigger-kinds.ts';

export type Step = CycleStep | DataplaneStep;

export interface EndedRun {
  readonly report: PolicyReport;
  readonly exit: number;
  readonly holds: readonly HoldInterval[];
  readonly steps: readonly Step[];
}

export interface SteppedRunOptions {
  readonly context: PolicyContext;
  /** Used by runs that have one. */
  readonly memory: PolicyMemory;
  readonly asked: Asked;
  readonly waitMs: number;
  /** Names it in a message about holds. */
  readonly holder: string;
  readonly onStep?: (step: Step) => void | Promise<void>;
}

export async function steppedRun(options: SteppedRunOptions): Promise<EndedRun> {
  const { context, memory, asked, waitMs, holder, onStep } = options;
  const { reason, connectionId, hasMemory } = asked;
  const steps: Step[] = [];
  const holds: { holder: string; fromMs: number; untilMs: number }[] = [];
  const { report, error } = await runPolicy(context, {
    reason,
    ...(connectionId === undefined ? {} : { connectionId }),
    mode: 'apply',
    waitMs,
    force: false,
    purpose: holder,
    signal: new AbortController().signal,
    ...(hasMemory ? { memory } : {}),
    onStep: async (step) => {
      steps.push(step);
      if (step === 'locked') holds.push({ holder, fromMs: nowMs(), untilMs: nowMs() });
      await onStep?.(step);
      const last = holds.at(-1);
      if (last !== undefined) last.untilMs = nowMs();
    },
  });
  return { report, exit: error?.exit ?? 0, holds, steps };
}

/** Of the machine, not of the process: all of Node, all comparable. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
