/**
 * `docs/traceability.md` as data. One section per requirement document, named after its file, with two tables: the
 * requirements (id, line, paraphrase, status, tests), and the lines that demand nothing (line, reason). Lines are counted
 * from 1 in the file whose SHA-256 stands in the section.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/repository.ts';
import { codesOf, type MarkdownTable, tablesOf } from './markdown.ts';

export interface Citation {
  readonly path: string;
  /** Titles of the suites around the test, if given, and of the test last. */
  readonly titles: readonly string[];
}

export interface Requirement {
  readonly id: string;
  readonly lines: readonly number[];
  readonly status: string;
  readonly citations: readonly Citation[];
}

export interface RequirementSource {
  /** Name of the requirement document. */
  readonly file: string;
  readonly sha256: string;
  readonly requirements: readonly Requirement[];
  /** How many requirements the section says it has. */
  readonly count: number;
  /** Lines that demand nothing: titles, metadata, history, housekeeping. */
  readonly otherLines: readonly number[];
}

export function requirementSources(): readonly RequirementSource[] {
  const document = readFileSync(join(repository, 'docs/traceability.md'), 'utf8');
  const tables = tablesOf(document);
  const heads = document.matchAll(/^## (\S+\.txt)\n\nsha256 `([0-9a-f]{64})`, (\d+) requirements$/gm);
  return [...heads].map(([, file = '', sha256 = '', count = '']) => {
    const own = tables.filter((table) => table.section === file);
    return {
      file,
      sha256,
      count: Number(count),
      requirements: rowsOf(own, 'id').map(requirementOf),
      otherLines: rowsOf(own, 'line').flatMap(([lines = '']) => linesOf(lines)),
    };
  });
}

/** `packages/x.test.ts › suite › test` in backticks. */
export function citationsOf(cell: string): readonly Citation[] {
  return codesOf(cell).map((text) => {
    const [path = '', ...titles] = text.split(' › ');
    return { path, titles };
  });
}

function rowsOf(tables: readonly MarkdownTable[], firstColumn: string): MarkdownTable['rows'] {
  return tables.filter(({ columns }) => columns[0] === firstColumn).flatMap(({ rows }) => rows);
}

function requirementOf([id = '', line = '', , status = '', tests = '']: readonly string[]): Requirement {
  return { id, lines: linesOf(line), status, citations: citationsOf(tests) };
}

/** `7`, `7, 9` and `7-12`. */
function linesOf(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
