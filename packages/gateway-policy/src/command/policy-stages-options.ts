/** What the stages of a policy run need, from whoever composes them and from whoever asks for the run. */
import type { PlanMode } from '@holdfast/action-plan';
import type { GatewayRow, Truth } from '@holdfast/truth-db';
import type { Dataplane, DataplaneStep } from '../index.ts';
import type { GatewayLock } from './lock-gateway.ts';
import type { PolicyDocuments } from './policy-documents.ts';
import type { PolicyMemory } from './policy-memory.ts';
import type { RemovalLimits } from './policy-place.ts';
import type { PolicyTriggerKind } from './policy-trigger.ts';
import type { RunNotes } from './run-sentence.ts';

export interface PolicyStagesOptions extends GatewayLock, RunNotes {
  readonly truth: Truth;
  readonly gateway: string;
  readonly dataplaneFor: (gateway: GatewayRow) => Dataplane;
  readonly reason: PolicyTriggerKind;
  readonly mode: PlanMode;
  readonly documents: PolicyDocuments;
  /** What this process knows of the gateway from its last run; kept from run to run by whoever has one. */
  readonly memory?: PolicyMemory;
  /** Limits of the removal guard. */
  readonly removals?: RemovalLimits;
  /** Skips the removal guard. */
  readonly force: boolean;
  /** Where hooks put their events. */
  readonly spoolDirectory: string;
  /** Called before each effect on the dataplane. */
  readonly onEffect?: (step: DataplaneStep) => void | Promise<void>;
}
