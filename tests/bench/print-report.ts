/** A report as an aligned table for people. Widths count characters, which is enough for what the benches say. */
import type { BenchResult } from './bench.ts';
import type { Figure } from './figure.ts';
import type { Spread } from './spread.ts';

export interface Report {
  readonly bench: string;
  readonly machine: Readonly<Record<string, string | number>>;
  /** UTC, ISO 8601. */
  readonly at: string;
  readonly tookMs: number;
  readonly result: BenchResult;
}

const header = ['what', 'subject', 'median', 'peer', 'median', 'ratio', 'quartiles', 'target', ''];

export function reportText({ bench, machine, result, tookMs }: Report): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const title = `${bench}   (${facts.join(', ')}; ${Math.round(tookMs / 1_000)} s)`;
  if (result.kind === 'skipped') return `${title}\nskipped: ${result.because}\n`;
  const notes = result.notes.map((note) => `  ${note}`);
  return [title, ...alignedTable([header, ...result.figures.map(cells)]), ...notes, ''].join('\n');
}

function cells(figure: Figure): readonly string[] {
  const { what, subject, unit, value, peer, ratio, target } = figure;
  return [
    what,
    subject,
    `${number(value.median)} ${unit}`,
    peer?.name ?? '',
    peer === undefined ? '' : `${number(peer.value.median)} ${unit}`,
    ratio === undefined ? '' : number(ratio.median),
    quartiles(ratio ?? value),
    target === undefined ? '' : `${target.relation} ${target.limit}`,
    target === undefined ? '' : target.isMet ? 'met' : 'MISSED',
  ];
}

function quartiles({ low, high }: Spread): string {
  return `${number(low)} – ${number(high)}`;
}

/** Three digits that count. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function alignedTable(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) => {
    return Math.max(...rows.map((row) => [...(row[column] ?? '')].length));
  });
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd(),
  );
}

/** Words to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  const gap = ' '.repeat(width - [...cell].length);
  return [2, 4, 5, 6].includes(column) ? gap + cell : cell + gap;
}
