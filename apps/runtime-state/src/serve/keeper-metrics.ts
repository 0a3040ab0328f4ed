/** What the daemon counts, by the names of the one table. */
import { createMetrics, type Metrics } from '@holdfast/host/metrics';
import { type StewardReport, storeNames } from '@holdfast/runtime-stores';

const names = [
  'holdfast_stores_rounds_total',
  'holdfast_stores_round_seconds',
  'holdfast_stores_swept_total',
  'holdfast_stores_entries',
  'holdfast_stores_damaged_documents',
  'holdfast_stores_verdicts_total',
  'holdfast_stores_last_round_timestamp_seconds',
  'holdfast_stores_ready',
] as const;

export type KeeperMetrics = Metrics<(typeof names)[number]>;

const verdicts: readonly StewardReport['verdict'][] = ['keep', 'rotate', 'reset', 'refuse'];

/** Series are there from the start: one that appears with its first failure hides it from `rate()`. */
export function createKeeperMetrics(): KeeperMetrics {
  const metrics = createMetrics(names);
  for (const outcome of ['done', 'failed']) metrics.add('holdfast_stores_rounds_total', 0, { outcome });
  for (const store of storeNames) {
    metrics.add('holdfast_stores_swept_total', 0, { store });
    metrics.set('holdfast_stores_damaged_documents', 0, { store });
    for (const verdict of verdicts) metrics.add('holdfast_stores_verdicts_total', 0, { store, verdict });
  }
  return metrics;
}
