/** `docs/panel_browser_cases.md` has every case in the browser and every control of them, and none that is not there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileOf } from '../browser/controls/control.ts';
import { controls } from '../browser/controls/control-table.ts';
import { type NamedTest, testsOf } from '../browser/controls/verdict.ts';
import { repository } from '../support/repository.ts';
import { type MarkdownTable, tablesOf } from './markdown.ts';
import { type Citation, citationsOf } from './requirement-sources.ts';
import { isRunAs, titlesOf } from './test-titles.ts';

const tables = tablesOf(readFileSync(join(repository, 'docs/panel_browser_cases.md'), 'utf8'));
const withTests = tables.filter(({ columns }) => columns.includes('tests'));

const citedIn = ({ columns, rows }: MarkdownTable) =>
  rows.flatMap((row) => citationsOf(row[columns.indexOf('tests')] ?? ''));

it('has the twenty cases of two people and one record, each with a test', () => {
  const [cases] = withTests;
  const numbers = cases?.rows.map(([number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
  expect(cases?.rows.filter((row) => citationsOf(row[2] ?? '').length === 0)).toEqual([]);
});

it('names the tests that there are, and all of each file', () => {
  const citations = withTests.flatMap(citedIn);
  const there = [...new Set(citations.map(({ path }) => path))].flatMap((path) =>
    [...titlesOf(readFileSync(join(repository, path), 'utf8')).tests].map((title) => `${path} › ${title}`),
  );
  const named = citations.map(({ path, titles }) => `${path} › ${titles.join(' › ')}`);
  expect(named.toSorted()).toEqual(there.toSorted());
});

it('names for each case the controls that one of its tests has to notice, and has one for every case', () => {
  const [cases] = withTests;
  const rows = cases?.rows ?? [];
  const named = rows.map(([number, , , cell = '']) => [number, cell]);
  const wanted = rows.map(([number, , tests = '']) => [number, controlsOf(citationsOf(tests)).join(', ')]);
  expect(named).toEqual(wanted);
  expect(wanted.filter(([, cell]) => cell === '')).toEqual([]);
});

it('has every control, and says what it breaks', () => {
  const table = tables.find(({ columns }) => columns[0] === 'control');
  const there = table?.rows.map(([name, broken]) => [name, broken]);
  expect(there).toEqual(controls.map(({ name, broken }) => [name, broken]));
});

function controlsOf(citations: readonly Citation[]): readonly string[] {
  const isOfCase = ({ file, title }: NamedTest) =>
    citations.some(({ path, titles }) => path === fileOf(file) && isRunAs(title, titles.at(-1) ?? ''));
  return controls.filter(({ red }) => testsOf(red).some(isOfCase)).map(({ name }) => name);
}
