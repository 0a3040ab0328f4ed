/** What the daemon counts: runs, looks and events become metrics here, and nowhere else. */
import type { SpoolReport } from '@holdfast/gateway-policy';
import type { PolicyResult } from '@holdfast/gateway-policy/command';
import { createMetrics, type Metrics } from '@holdfast/host/metrics';
import type { TriggerLook } from './trigger-probe.ts';

const names = [
  'holdfast_policy_runs_total',
  'holdfast_policy_run_seconds',
  'holdfast_policy_lock_wait_seconds',
  'holdfast_policy_reaction_seconds',
  'holdfast_policy_changes_total',
  'holdfast_policy_drift_objects_total',
  'holdfast_policy_drift_repaired_total',
  'holdfast_policy_rolled_forward_total',
  'holdfast_policy_newest_trigger',
  'holdfast_policy_covered_trigger',
  'holdfast_policy_shaped_objects',
  'holdfast_policy_slots_used',
  'holdfast_policy_slots_free',
  'holdfast_policy_fullest_shard_free_slots',
  'holdfast_policy_build_forecast_seconds',
  'holdfast_policy_last_success_timestamp_seconds',
  'holdfast_policy_ready',
  'holdfast_spool_events_total',
  'holdfast_database_up',
  'holdfast_database_outages_total',
] as const;

const spoolResults = ['applied', 'ignored', 'unknown', 'refused', 'failed'] as const;
const outcomes = ['applied', 'unchanged', 'joined', 'locked', 'refused', 'failed'] as const;

export class DaemonMetrics {
  readonly #metrics: Metrics<(typeof names)[number]>;
  #gateway: string | undefined;

  constructor() {
    this.#metrics = createMetrics(names);
    for (const outcome of outcomes) this.#metrics.add('holdfast_policy_runs_total', 0, { outcome });
    for (const layer of ['nft', 'tc', 'radius'])
      this.#metrics.add('holdfast_policy_changes_total', 0, { layer });
    for (const result of spoolResults) this.#metrics.add('holdfast_spool_events_total', 0, { result });
  }

  looked(look: TriggerLook): void {
    if (this.#gateway !== look.gateway) this.#metrics.labelAll('gateway', look.gateway);
    this.#gateway = look.gateway;
    this.#metrics.set('holdfast_database_up', 1, {});
    this.triggers(look);
  }

  triggers({ newest, covered }: TriggerLook): void {
    this.#metrics.set('holdfast_policy_newest_trigger', newest, {});
    this.#metrics.set('holdfast_policy_covered_trigger', covered, {});
  }

  databaseLost(): void {
    this.#metrics.set('holdfast_database_up', 0, {});
    this.#metrics.add('holdfast_database_outages_total', 1, {});
  }

  /** Events of other gateways stay where they are, and are not counted again and again. */
  spooled(report: SpoolReport): void {
    const counts = {
      applied: report.applied,
      ignored: report.ignored,
      unknown: report.unknownTotal,
      refused: report.refused.length,
      failed: report.failed.length,
    };
    for (const result of spoolResults)
      this.#metrics.add('holdfast_spool_events_total', counts[result], { result });
  }

  /**
   * @param coveredBefore - trigger up to which the gateway was live when the run began: a run that covers no more has no
   *   change to make, so what it changes is drift
   * @param wallMs - now
   */
  ran({ report, error }: PolicyResult, coveredBefore: number, wallMs: number): void {
    const metrics = this.#metrics;
    const { outcome, covered, changes, waitedMs, tookMs, rolledForward } = report;
    metrics.add('holdfast_policy_runs_total', 1, { outcome });
    metrics.observe('holdfast_policy_run_seconds', tookMs / 1_000, {});
    metrics.observe('holdfast_policy_lock_wait_seconds', waitedMs / 1_000, {});
    for (const layer of ['nft', 'tc', 'radius'] as const)
      metrics.add('holdfast_policy_changes_total', changes[layer], { layer });
    this.#capacity(report.capacity);
    if (rolledForward) metrics.add('holdfast_policy_rolled_forward_total', 1, {});
    if (error !== undefined) {
      // What still differs after all tries.
      metrics.add('holdfast_policy_drift_objects_total', report.driftTotal, {});
      return;
    }
    metrics.set('holdfast_policy_last_success_timestamp_seconds', wallMs / 1_000, {});
    if (covered === null || covered > coveredBefore) return;
    metrics.add('holdfast_policy_drift_objects_total', report.driftTotal, {});
    metrics.add('holdfast_policy_drift_repaired_total', report.driftTotal, {});
  }

  /** Stays as it was after a run that has read only what changed. */
  #capacity(capacity: PolicyResult['report']['capacity']): void {
    if (capacity === null) return;
    const { shaped, slots, buildMs } = capacity;
    this.#metrics.set('holdfast_policy_shaped_objects', shaped, {});
    this.#metrics.set('holdfast_policy_build_forecast_seconds', buildMs / 1_000, {});
    if (slots === null) return;
    this.#metrics.set('holdfast_policy_slots_used', slots.used, {});
    this.#metrics.set('holdfast_policy_slots_free', slots.free, {});
    this.#metrics.set('holdfast_policy_fullest_shard_free_slots', slots.fullest.free, {});
  }

  /** A run that failed before it had begun. */
  failed(): void {
    this.#metrics.add('holdfast_policy_runs_total', 1, { outcome: 'failed' });
  }

  reacted(reactionsMs: readonly number[]): void {
    for (const ms of reactionsMs) this.#metrics.observe('holdfast_policy_reaction_seconds', ms / 1_000, {});
  }

  async read(isReady: boolean): Promise<{ readonly text: string; readonly contentType: string }> {
    this.#metrics.set('holdfast_policy_ready', isReady ? 1 : 0, {});
    return this.#metrics.read();
  }
}
