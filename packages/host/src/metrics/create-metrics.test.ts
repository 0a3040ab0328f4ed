/** Metrics as Prometheus reads them. */
import { describe, expect, it } from 'vitest';
import { createMetrics } from './create-metrics.ts';
import { type MetricEntry, metricTable } from './metric-table.ts';

const entries = Object.entries(metricTable) as readonly (readonly [string, MetricEntry])[];

describe('the metric table', () => {
  it.each(entries)('names %s by the rules', (name, { kind, unit, help, buckets }) => {
    expect(name).toMatch(/^holdfast_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
    if (kind === 'histogram') expect(name.endsWith(`_${unit}`)).toBe(true);
    expect(buckets !== undefined).toBe(kind === 'histogram');
    expect(buckets).toEqual(buckets?.toSorted((one, other) => one - other));
    expect(help).toMatch(/^[A-Z].*\.$/);
  });
});

describe('metrics', () => {
  it('show what was counted, set and observed', async () => {
    const metrics = createMetrics([
      'holdfast_policy_runs_total',
      'holdfast_database_up',
      'holdfast_policy_run_seconds',
    ]);
    metrics.add('holdfast_policy_runs_total', 2, { outcome: 'applied' });
    metrics.set('holdfast_database_up', 1, {});
    metrics.observe('holdfast_policy_run_seconds', 0.2, {});
    const { text, contentType } = await metrics.read();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('holdfast_policy_runs_total{outcome="applied"} 2\n');
    expect(text).toContain('holdfast_database_up 1\n');
    expect(text).toContain('holdfast_policy_run_seconds_bucket{le="0.1"} 0\n');
    expect(text).toContain('holdfast_policy_run_seconds_bucket{le="0.25"} 1\n');
    expect(text).toContain('# TYPE process_resident_memory_bytes gauge\n');
  });

  it('are there before anything was counted, and only those that were named', async () => {
    const { text } = await createMetrics(['holdfast_database_outages_total']).read();
    expect(text).toContain('holdfast_database_outages_total 0\n');
    expect(text).not.toContain('holdfast_policy_');
  });

  it('carry a label of all series, also those from before', async () => {
    const metrics = createMetrics(['holdfast_database_up']);
    metrics.set('holdfast_database_up', 1, {});
    metrics.labelAll('gateway', 'gw1');
    expect((await metrics.read()).text).toContain('holdfast_database_up{gateway="gw1"} 1\n');
  });

  it('of two owners do not mix', async () => {
    const [one, other] = [createMetrics(['holdfast_database_up']), createMetrics(['holdfast_database_up'])];
    one.set('holdfast_database_up', 1, {});
    expect((await other.read()).text).toContain('holdfast_database_up 0\n');
  });
});
