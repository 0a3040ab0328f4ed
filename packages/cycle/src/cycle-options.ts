/** What the caller of a cycle decides. */
import type { PlanMode } from '@holdfast/action-plan';
import type { Clock } from '@holdfast/base';
import type { CycleStep } from './cycle-step.ts';

export interface CycleOptions {
  /** `check` and `dry-run` go the same way and stop before the first effect; they record no trigger. */
  readonly mode: PlanMode;
  /** How long to wait for the lock, in milliseconds; `Infinity` for no limit. */
  readonly waitMs: number;
  readonly priority: 'interactive' | 'background';
  /** Limit of all write retries together, in milliseconds. Default 30 000. */
  readonly retryBudgetMs?: number;
  readonly clock?: Clock;
  /** Called when a step has been reached, before the next begins. Tests stop the world here. */
  readonly onStep?: (step: CycleStep) => void | Promise<void>;
}
