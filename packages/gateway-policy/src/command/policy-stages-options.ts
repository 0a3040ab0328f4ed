/** What the stages of a policy run need, from whoever composes them and from whoever asks for the run. */
import type { Clock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type { GatewayRow, Truth } from '@holdfast/truth-db';
import type { Dataplane, DataplaneStep, NasReport, SpoolReport } from '../index.ts';
import type { RemovalLimits } from './policy-context.ts';
import type { PolicyDocuments } from './policy-documents.ts';
import type { PolicyMemory } from './policy-memory.ts';
import type { PolicyTriggerKind } from './policy-trigger.ts';

export interface PolicyStagesOptions {
  readonly truth: Truth;
  readonly gateway: string;
  readonly dataplaneFor: (gateway: GatewayRow) => Dataplane;
  readonly runner: LockRunner;
  readonly reason: PolicyTriggerKind;
  readonly documents: PolicyDocuments;
  /** What this process knows of the gateway from its last run; kept from run to run by whoever has one. */
  readonly memory?: PolicyMemory;
  readonly signal: AbortSignal;
  /** Shown to those who wait for us. */
  readonly purpose: string;
  /** Limits of the removal guard. */
  readonly removals?: RemovalLimits;
  /** Skips the removal guard. */
  readonly force: boolean;
  readonly clock: Clock;
  /** Told what went wrong beside the run: it succeeded all the same. */
  readonly onWarning: (warning: string) => void;
  /** Where hooks put their events. */
  readonly spoolDirectory: string;
  readonly onEvents: (report: SpoolReport | undefined) => void;
  readonly onTold: (report: NasReport) => void;
  /** Called before each effect on the dataplane. */
  readonly onEffect?: (step: DataplaneStep) => void | Promise<void>;
}
