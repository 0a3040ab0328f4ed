/** trigger → decide → plan → lock → read truth → diff → write → verify → report. */
export { convergeBackoff, convergeTries } from './converge.ts';
export { cycle } from './cycle.ts';
export type { CycleOptions } from './cycle-options.ts';
export type { CycleReport } from './cycle-report.ts';
export { type CycleStep, cycleSteps } from './cycle-step.ts';
export type {
  CallerStages,
  EffectStages,
  HeldStages,
  LaterStages,
  RunResult,
  Stages,
  TruthReading,
} from './stages.ts';
export { Wakeups } from './wakeups.ts';
export { type WatchedRun, type WatchOptions, watch, watchPauses } from './watch.ts';
