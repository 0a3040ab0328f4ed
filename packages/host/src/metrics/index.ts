/** Prometheus metrics of a process, from one table. */
export { createMetrics, type Metrics } from './create-metrics.ts';
export { type MetricEntry, type MetricName, metricTable } from './metric-table.ts';
