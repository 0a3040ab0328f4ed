/**
 * The metrics of one process, in the text format of Prometheus: those it names from the one table, and what
 * prom-client knows of any process. Each is there from the start, at 0 where it has no labels: a series that appears
 * with its first failure hides that failure from `rate()`.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricEntry, type MetricName, metricTable } from './metric-table.ts';

type NameOf<Kind extends MetricEntry['kind'], Name extends MetricName> = {
  [Key in Name]: (typeof metricTable)[Key]['kind'] extends Kind ? Key : never;
}[Name];

type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof metricTable)[Name]['labels'][number], string>
>;

export interface Metrics<Name extends MetricName> {
  /** Counts up. */
  add<Key extends NameOf<'counter', Name>>(name: Key, amount: number, labels: LabelsOf<Key>): void;
  set<Key extends NameOf<'gauge', Name>>(name: Key, value: number, labels: LabelsOf<Key>): void;
  observe<Key extends NameOf<'histogram', Name>>(name: Key, value: number, labels: LabelsOf<Key>): void;
  /** A label of every series from now on. */
  labelAll(label: string, value: string): void;
  /** What `/metrics` answers. */
  read(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** A timer of this length goes on and on: with prom-client's 10 ms it is most of what an idle daemon costs. */
const lagPrecisionMs = 100;

export function createMetrics<Name extends MetricName>(names: readonly Name[]): Metrics<Name> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagPrecisionMs });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const name of names) {
    const { kind, help, labels, buckets }: MetricEntry = metricTable[name];
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === 'counter') counters.set(name, new Counter(options));
    else if (kind === 'gauge') gauges.set(name, new Gauge(options));
    else histograms.set(name, new Histogram({ ...options, buckets: [...(buckets ?? [])] }));
  }
  return {
    add: (name, amount, labels) => counters.get(name)?.inc(labels, amount),
    set: (name, value, labels) => gauges.get(name)?.set(labels, value),
    observe: (name, value, labels) => histograms.get(name)?.observe(labels, value),
    labelAll: (label, value) => registry.setDefaultLabels({ [label]: value }),
    read: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}
