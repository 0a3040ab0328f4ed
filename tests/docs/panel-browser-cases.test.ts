/** `docs/panel_browser_cases.md` has every case in the browser, and none that is not there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { type MarkdownTable, tablesOf } from './markdown.ts';
import { citationsOf } from './requirement-sources.ts';
import { titlesOf } from './test-titles.ts';

const tables = tablesOf(readFileSync(join(repository, 'docs/panel_browser_cases.md'), 'utf8'));
const withTests = tables.filter(({ columns }) => columns.includes('tests'));

const testsOf = ({ columns, rows }: MarkdownTable) =>
  rows.flatMap((row) => citationsOf(row[columns.indexOf('tests')] ?? ''));

it('has the twenty cases of two people and one record, each with a test', () => {
  const [cases] = withTests;
  const numbers = cases?.rows.map(([number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
  expect(cases?.rows.filter((row) => citationsOf(row[2] ?? '').length === 0)).toEqual([]);
});

it('names the tests that there are, and all of each file', () => {
  const citations = withTests.flatMap(testsOf);
  const there = [...new Set(citations.map(({ path }) => path))].flatMap((path) =>
    [...titlesOf(readFileSync(join(repository, path), 'utf8')).tests].map((title) => `${path} › ${title}`),
  );
  const named = citations.map(({ path, titles }) => `${path} › ${titles.join(' › ')}`);
  expect(named.toSorted()).toEqual(there.toSorted());
});

it('says of each control that is named what was broken', () => {
  const [cases] = withTests;
  const controls = tables.find(({ columns }) => columns[0] === 'control')?.rows.map(([name]) => name) ?? [];
  const named = cases?.rows.map((row) => row[3] ?? '').filter((control) => control !== '') ?? [];
  expect(
    named.filter((control) => !controls.some((name) => name !== undefined && control.includes(name))),
  ).toEqual([]);
});
