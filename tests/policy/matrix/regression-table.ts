/**
 * `tests/concurrency_regression.md` as data: the kinds, the steps, and for each situation the one row that speaks for it. What
 * cannot be read is an error, never a row that is left out.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codesOf, type MarkdownTable, tablesOf } from '../../docs/markdown.ts';
import { repository } from '../../support/repository.ts';

export interface RegressionKind {
  readonly kind: string;
  readonly hasTicket: boolean;
  readonly priority: string;
}

/** One row, its cells read by the name of their column. */
export interface RegressionRow {
  /** For messages: heading and line of the table. */
  readonly name: string;
  /** Kinds of the first, second and third run, as many as the table has. */
  readonly runs: readonly (readonly string[])[];
  readonly steps: readonly string[];
  /** Ends that are allowed, for each run; none for one that is killed. */
  readonly ends: readonly (readonly string[])[];
  /** The last cell of the row, or that which says whether the first gives way. */
  readonly word: string;
}

export interface RegressionTables {
  readonly kinds: readonly RegressionKind[];
  readonly steps: readonly { readonly step: string; readonly isLocked: boolean; readonly hasRead: boolean }[];
  /** Exit status of each end. */
  readonly exits: ReadonlyMap<string, number>;
  readonly pairs: readonly RegressionRow[];
  readonly triples: readonly RegressionRow[];
  readonly noTime: readonly RegressionRow[];
  readonly killed: readonly RegressionRow[];
}

/** @throws Error - a table is missing, or a cell says something else than its column can mean */
export function regressionTables(text: string = readDocument()): RegressionTables {
  const tables = tablesOf(text);
  const kinds = bodyOf(tables, 'Kinds').map(([kind = '', ticket = '', priority = '']) => ({
    kind: only(codesOf(kind)),
    hasTicket: yesOrNo(ticket),
    priority: oneOf(['interactive', 'background'], priority),
  }));
  const steps = bodyOf(tables, 'Steps').map(([step = '', lock = '', truth = '']) => ({
    step: only(codesOf(step)),
    isLocked: yesOrNo(lock),
    hasRead: yesOrNo(truth),
  }));
  const exits = new Map(
    bodyOf(tables, 'Ends').map(([end = '', exit = '']) => [only(codesOf(end)), Number(exit)] as const),
  );
  const read = (heading: string, words: readonly string[]) =>
    rowsOf(tables, heading, { kinds, steps: steps.map(({ step }) => step), ends: [...exits.keys()], words });
  return {
    kinds,
    steps,
    exits,
    pairs: read('Pairs', ['yes', 'no']),
    triples: read('Triples', ['']),
    noTime: read('No time to wait', ['the other', 'the first', 'the next run']),
    killed: read('A first run that is killed', ['yes', 'no']),
  };
}

/** The one row for a situation. */
export function rowFor(rows: readonly RegressionRow[], runs: readonly string[], step: string): RegressionRow {
  const [row, second] = rows.filter(
    (each) =>
      each.steps.includes(step) && each.runs.every((kinds, place) => kinds.includes(runs[place] ?? '')),
  );
  if (row !== undefined && second === undefined) return row;
  const found = row === undefined ? 'no row' : `${row.name} and ${second?.name}`;
  throw new Error(`${found} for ${runs.join(', ')} at ${step}`);
}

export function readDocument(): string {
  return readFileSync(join(repository, 'tests/concurrency_regression.md'), 'utf8');
}

interface Vocabulary {
  readonly kinds: readonly RegressionKind[];
  readonly steps: readonly string[];
  readonly ends: readonly string[];
  readonly words: readonly string[];
}

function rowsOf(
  tables: readonly MarkdownTable[],
  heading: string,
  vocabulary: Vocabulary,
): readonly RegressionRow[] {
  const { columns } = tableOf(tables, heading);
  const isRun = (column: string) => ['first', 'other', 'second', 'third'].includes(column);
  const isStep = (column: string) => column.endsWith(' at');
  const isEnd = (column: string) => column.endsWith(' ends');
  return bodyOf(tables, heading).map((cells, index) => {
    const name = `${heading} ${index + 1}`;
    const cellsWhere = (is: (column: string) => boolean) =>
      cells.filter((_, place) => is(columns[place] ?? ''));
    const words = cellsWhere((column) => !isRun(column) && !isStep(column) && !isEnd(column));
    try {
      return {
        name,
        runs: cellsWhere(isRun).map((cell) => kindsIn(cell, vocabulary.kinds)),
        steps: cellsWhere(isStep).flatMap((cell) => listed(cell, vocabulary.steps)),
        ends: cellsWhere(isEnd).map((cell) => listed(cell, vocabulary.ends)),
        word: oneOf(vocabulary.words, words.join(' ')),
      };
    } catch (cause) {
      throw new Error(`row "${name}" cannot be read: ${String(cause)}`, { cause });
    }
  });
}

function kindsIn(cell: string, kinds: readonly RegressionKind[]): readonly string[] {
  const named = kinds.filter(({ hasTicket }) => cell === 'any' || (cell === 'asking' && hasTicket));
  return named.length > 0
    ? named.map(({ kind }) => kind)
    : listed(
        cell,
        kinds.map(({ kind }) => kind),
      );
}

/** A list of codes with `,` or `or` between them, and nothing else. */
function listed(cell: string, known: readonly string[]): readonly string[] {
  const codes = codesOf(cell);
  const rest = cell
    .replaceAll(/`[^`]+`/g, '')
    .replaceAll(/,|or/g, '')
    .trim();
  if (codes.length === 0 || rest !== '') throw new Error(`"${cell}" is no list`);
  for (const code of codes) oneOf(known, code);
  return codes;
}

function tableOf(tables: readonly MarkdownTable[], heading: string): MarkdownTable {
  const table = tables.find((each) => each.heading === heading);
  if (table === undefined) throw new Error(`there is no table under "${heading}"`);
  return table;
}

function bodyOf(tables: readonly MarkdownTable[], heading: string): MarkdownTable['rows'] {
  const { rows, columns } = tableOf(tables, heading);
  const odd = rows.find((row) => row.length !== columns.length);
  if (odd !== undefined)
    throw new Error(`a row under "${heading}" has another number of cells: ${odd.join(' | ')}`);
  return rows;
}

function oneOf(known: readonly string[], word: string): string {
  if (!known.includes(word)) throw new Error(`"${word}" is none of ${known.join(', ')}`);
  return word;
}

function only(codes: readonly string[]): string {
  const [code, second] = codes;
  if (code === undefined || second !== undefined)
    throw new Error(`one name was expected: ${codes.join(', ')}`);
  return code;
}

function yesOrNo(word: string): boolean {
  return oneOf(['yes', 'no'], word) === 'yes';
}
