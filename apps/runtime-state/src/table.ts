/** Rows for a person, in columns that line up. */
import { cutToWidth, displayWidth, printable } from '@holdfast/host/cli';

const widestCell = 72;

export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [titles, ...rows].map((row) => row.map((cell) => cutToWidth(printable(cell), widestCell)));
  const widths = titles.map((_title, column) =>
    Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell))))
      .join('  ')
      .trimEnd(),
  );
}
