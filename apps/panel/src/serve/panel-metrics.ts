/** The metrics of the panel, by their names in the one table. */
import { createMetrics, type Metrics } from '@holdfast/host/metrics';
import type { CacheCounts } from '@holdfast/mutations';

const names = [
  'holdfast_panel_requests_total',
  'holdfast_panel_request_seconds',
  'holdfast_panel_conflicts_total',
  'holdfast_panel_logins_total',
  'holdfast_panel_refreshes_total',
  'holdfast_panel_event_streams',
  'holdfast_panel_cache_reads_total',
  'holdfast_panel_swept_total',
  'holdfast_panel_sweep_failures_total',
  'holdfast_panel_ready',
  'holdfast_database_up',
  'holdfast_database_outages_total',
] as const;

export type PanelMetrics = Metrics<(typeof names)[number]>;

/** Series are there from the start: one that appears with its first failure hides it from `rate()`. */
export function createPanelMetrics(): PanelMetrics {
  const metrics = createMetrics(names);
  for (const problem of ['version_conflict', 'deleted_conflict', 'state_conflict'])
    metrics.add('holdfast_panel_conflicts_total', 0, { problem });
  for (const outcome of ['granted', 'failed', 'limited'])
    metrics.add('holdfast_panel_logins_total', 0, { outcome });
  for (const outcome of ['rotated', 'reused']) metrics.add('holdfast_panel_refreshes_total', 0, { outcome });
  for (const store of ['receipts', 'families', 'captchas', 'buckets'])
    metrics.add('holdfast_panel_swept_total', 0, { store });
  metrics.add('holdfast_panel_sweep_failures_total', 0, {});
  return metrics;
}

/** @returns what adds to the counters what the cache has counted since the last call */
export function cacheMetrics(metrics: PanelMetrics, cache: { readonly counts: CacheCounts }): () => void {
  let told: CacheCounts = { hits: 0, fills: 0, joined: 0, overtaken: 0 };
  return () => {
    const { counts } = cache;
    const add = (result: string, amount: number) =>
      metrics.add('holdfast_panel_cache_reads_total', amount, { result });
    add('hit', counts.hits - told.hits);
    add('fill', counts.fills - told.fills);
    add('joined', counts.joined - told.joined);
    add('overtaken', counts.overtaken - told.overtaken);
    told = counts;
  };
}
