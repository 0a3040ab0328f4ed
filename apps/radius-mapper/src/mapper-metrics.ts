/** The metrics of the mapper, by their names in the one table. */
import { createMetrics, type Metrics } from '@holdfast/host/metrics';
import { refusals } from './policy/refusal.ts';

const names = [
  'holdfast_radius_accepts_total',
  'holdfast_radius_rejects_total',
  'holdfast_radius_accounting_total',
  'holdfast_radius_conflicts_total',
  'holdfast_radius_spool_events',
  'holdfast_radius_spool_age_seconds',
  'holdfast_radius_spool_drained_total',
  'holdfast_radius_expired_total',
  'holdfast_radius_requests_total',
  'holdfast_radius_request_seconds',
  'holdfast_radius_batch_logins',
  'holdfast_radius_queue_seconds',
  'holdfast_radius_ready',
  'holdfast_database_up',
  'holdfast_database_outages_total',
] as const;

export type MapperMetrics = Metrics<(typeof names)[number]>;

/** Series of refusals are there from the start: one that appears with its first hides it from `rate()`. */
export function createMapperMetrics(): MapperMetrics {
  const metrics = createMetrics(names);
  for (const reason of refusals) metrics.add('holdfast_radius_rejects_total', 0, { reason });
  for (const session of ['granted', 'same-session', 'taken-over'])
    metrics.add('holdfast_radius_accepts_total', 0, { session });
  return metrics;
}
