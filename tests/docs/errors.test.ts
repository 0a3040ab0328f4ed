/** `docs/errors.md` and the table of failures say the same, and every code of it is reported somewhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { codesOf, tablesOf } from './markdown.ts';
import { sourceFiles } from './source-files.ts';

const tables = tablesOf(readFileSync(join(repository, 'docs/errors.md'), 'utf8'));
const documented = tables
  .filter(({ columns }) => columns[0] === 'code')
  .flatMap(({ heading, rows }) =>
    rows.map(([code = '', exit = '', when = '', hint = '']) => ({
      code: codesOf(code)[0] ?? '',
      exit: Number(exit),
      when,
      hint,
      heading,
    })),
  );
const sources = sourceFiles('packages', 'apps', 'migrations').filter(
  ({ path }) => !/\.test\.ts$|-contract\.ts$|\/error-table\.ts$/.test(path),
);

describe('docs/errors.md', () => {
  it('has every code of the table once, with its exit status and hint', () => {
    const rows = documented.map(({ code, exit, hint }) => ({ code, exit, hint }));
    const entries = Object.entries(errorTable).map(([code, entry]) => ({ code, ...entry }));
    const byCode = (a: { readonly code: string }, b: { readonly code: string }) => (a.code < b.code ? -1 : 1);
    expect(rows.toSorted(byCode)).toEqual(entries.toSorted(byCode));
  });

  it('says of every code when it is reported', () => {
    expect(documented.filter(({ when }) => when === '').map(({ code }) => code)).toEqual([]);
  });

  it('puts every code under the heading of its exit status', () => {
    expect(documented.filter(({ heading, exit }) => !heading.startsWith(`Exit ${exit} `))).toEqual([]);
  });

  it('gives every exit status that an error has a meaning', () => {
    const meanings = tables
      .filter(({ columns }) => columns[0] === 'exit')
      .flatMap(({ rows }) => rows.map(([exit]) => Number(exit)));
    const exits = new Set([0, 2, ...Object.values(errorTable).map((entry) => entry.exit)]);
    expect(new Set(meanings)).toEqual(exits);
  });
});

describe('the table of failures', () => {
  it('has every code that is thrown', () => {
    const thrown = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/new HoldfastError\(\s*'([^']*)'/g)].map((match) => ({ path, code: match[1] ?? '' })),
    );
    expect(thrown.length).toBeGreaterThan(0);
    expect(thrown.filter(({ code }) => !(code in errorTable))).toEqual([]);
  });

  it('has no code that nothing reports', () => {
    const isReported = (code: string) =>
      sources.some(({ text }) => text.includes(`'${code}'`) || text.includes(`[${code}]`));
    expect(Object.keys(errorTable).filter((code) => !isReported(code))).toEqual([]);
  });
});
