/**
 * The stages of the sentence for a VPN gateway: truth is SQL, the actual state is the kernel's, effects are nft and tc.
 * Nothing is decided here; each stage hands its work to the module of its name.
 */
import {
  type Clock,
  type Held,
  HoldfastError,
  isHoldfastError,
  requireHeld,
  systemClock,
} from '@holdfast/base';
import type { Stages } from '@holdfast/cycle';
import type { LockRunner } from '@holdfast/lock-runner';
import {
  type GatewayRow,
  pruneTriggers,
  publishRun,
  readCovered,
  readGatewaySnapshot,
  recordTrigger,
  type Truth,
} from '@holdfast/truth-db';
import {
  type ActualState,
  assertRemovalsExplained,
  type Changes,
  type Dataplane,
  type DataplaneStep,
  type DriftEntry,
  desiredState,
  diffState,
  digestOf,
  driftOf,
  isEmpty,
} from '../index.ts';
import { passTime } from './pass-time.ts';
import type { PolicyDocuments } from './policy-documents.ts';
import type { PolicyTarget } from './policy-target.ts';
import {
  bringsNews,
  decidePolicy,
  type PolicyAction,
  type PolicyTrigger,
  type PolicyTriggerKind,
  policyScope,
} from './policy-trigger.ts';
import { type RunRecord, runRecordOf } from './run-record.ts';

export interface PolicyStagesOptions {
  readonly truth: Truth;
  readonly gateway: string;
  readonly dataplaneFor: (gateway: GatewayRow) => Dataplane;
  readonly runner: LockRunner;
  readonly reason: PolicyTriggerKind;
  readonly documents: PolicyDocuments;
  readonly signal: AbortSignal;
  /** Shown to those who wait for us. */
  readonly purpose: string;
  /** Skips the removal guard. */
  readonly force: boolean;
  readonly clock?: Clock;
  /** Told what went wrong beside the run: it succeeded all the same. */
  readonly onWarning: (warning: string) => void;
  /** Called before each effect on the dataplane. */
  readonly onEffect?: (step: DataplaneStep) => void | Promise<void>;
}

export type PolicyStages = Stages<
  PolicyTrigger,
  PolicyAction,
  PolicyTarget,
  ActualState,
  Changes,
  DriftEntry
>;

export function policyStages(options: PolicyStagesOptions): PolicyStages {
  const { truth, gateway, dataplaneFor, documents, clock = systemClock } = options;
  return {
    trigger: async (reason) => {
      if (!bringsNews(reason.kind)) return letTimePass(options, clock);
      const vpnConnectionId = reason.subject === undefined ? undefined : Number(reason.subject);
      return truth.transaction((trx) =>
        recordTrigger(trx, { gateway, reason: reason.kind, vpnConnectionId, at: clock.wallMs() }),
      );
    },
    decide: (reason) => decidePolicy(reason, undefined),
    lock: (plan, work) => {
      const { waitMs, priority } = plan;
      const { signal, purpose } = options;
      return options.runner.run(plan.scope, { waitMs, priority, signal, purpose }, async (held) => {
        const findings = plan.mode === 'apply' ? await documents.sweepOrphans() : [];
        for (const finding of findings) options.onWarning(finding);
        return work(held);
      });
    },
    isCovered: async (ticket) => (await readCovered(truth, gateway)) >= ticket,
    readTruth: async () => {
      const snapshot = await readGatewaySnapshot(truth, gateway, clock.wallMs());
      if (snapshot === undefined) throw unknownGateway(gateway);
      const desired = { gateway: snapshot.gateway, state: desiredState(snapshot) };
      return { desired, covers: snapshot.newestTrigger };
    },
    // Device and layout are truth too: the dataplane is that of the snapshot, not of the start of this process.
    readActual: (_held, { gateway: row }) => dataplaneFor(row).read(),
    diff: ({ state }, actual) => diffState(state, actual),
    isEmpty,
    drift: driftOf,
    guard: (changes, actual) => assertRemovalsExplained(changes, actual, { force: options.force }),
    intent: documents.intent,
    write: async (changes, held, { gateway: row }) => {
      requireHeld(held, policyScope(gateway));
      const dataplane = dataplaneFor(row);
      await dataplane.check(changes);
      await dataplane.write(changes, held, async (step) => {
        requireCurrent(held);
        await options.onEffect?.(step);
      });
    },
    report: async (held, result) => {
      if (result.kind === 'settled') {
        requireCurrent(held);
        const { covered, outcome, tookMs } = result;
        await publishRun(truth, {
          gateway,
          covered,
          outcome,
          digest: digestOf(result.desired.state),
          at: clock.wallMs(),
          tookMs,
        });
        await forgetCovered(options);
      }
      await recordRun(held, runRecordOf(result, options.reason, clock), options);
    },
  };
}

/** Priorities of DESIGN §6: whoever brings news is waited for, a look for drift gives way. */
export function priorityOf(reason: PolicyTrigger): 'interactive' | 'background' {
  return bringsNews(reason.kind) ? 'interactive' : 'background';
}

/** Refuses when the lock file was removed or replaced: somebody else may have locked the new one. */
function requireCurrent(held: Held): void {
  held.publish(() => undefined);
}

/** What is due but could not be written is due at the next look: the run itself goes by truth as it is. */
async function letTimePass(
  { truth, signal, onWarning }: PolicyStagesOptions,
  clock: Clock,
): Promise<undefined> {
  try {
    await passTime(truth, { at: clock.wallMs(), signal });
  } catch (error) {
    if (!isHoldfastError(error) || signal.aborted) throw error;
    onWarning(`what is due by now was not written to truth: ${error.message}`);
  }
}

/** Old triggers are only in the way: a run that could not forget them has succeeded, and the next one will. */
async function forgetCovered({ truth, gateway, onWarning }: PolicyStagesOptions): Promise<void> {
  try {
    await pruneTriggers(truth, gateway);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    onWarning(`triggers that were covered are not forgotten yet: ${error.message}`);
  }
}

/** Failures of the history that leave the run itself as good as it is. */
const historyFailures = ['WRITE_FAILED', 'READ_FAILED', 'TARGET_REFUSED'] as const;

async function recordRun(held: Held, run: RunRecord, options: PolicyStagesOptions): Promise<void> {
  try {
    await options.documents.recordRun(held, run);
  } catch (error) {
    if (!historyFailures.some((code) => isHoldfastError(error, code))) throw error;
    options.onWarning(`this run is missing in the history: ${(error as HoldfastError).message}`);
  }
}

function unknownGateway(gateway: string): HoldfastError {
  return new HoldfastError('CONFIG_INVALID', `truth has no gateway named ${gateway}`, {
    details: { gateway },
  });
}
