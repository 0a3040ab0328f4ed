/** Every metric as a row of Markdown, from the one table. */
import { type MetricEntry, metricTable } from '@holdfast/host/metrics';
import { cellOf } from './markdown.ts';

export function metricReference(): string {
  const rows = Object.entries(metricTable).map(([name, entry]: [string, MetricEntry]) => {
    const labels = entry.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${entry.kind} | ${entry.unit} | ${labels} | ${cellOf(entry.help)} |`;
  });
  const head = ['| metric | kind | unit | labels | meaning |', '|---|---|---|---|---|'];
  return ['## Metrics', '', ...head, ...rows, '', ''].join('\n');
}
