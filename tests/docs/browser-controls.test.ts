/**
 * The controls of the cases in the browser fit the sources and the tests of now. That the tests notice them is tried in a soak, by
 * `tests/browser/controls/run-controls.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Control, fileOf, usuallyGreen } from '../browser/controls/control.ts';
import { controls } from '../browser/controls/control-table.ts';
import { edited } from '../browser/controls/edited.ts';
import { type Report, testsOf, verdictOf } from '../browser/controls/verdict.ts';
import { repository } from '../support/repository.ts';
import { isRunAs, titlesOf } from './test-titles.ts';

const textOf = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('the controls of the cases in the browser', () => {
  it('are called by different names', () => {
    expect(new Set(controls.map(({ name }) => name)).size).toBe(controls.length);
  });

  it.each(controls)('have one place for each edit: $name', ({ edits }) => {
    expect(edits).not.toEqual([]);
    for (const edit of edits) {
      const source = textOf(edit.path);
      expect(edited(source, edit)).not.toBe(source);
    }
  });

  it.each(controls)('name tests that there are: $name', ({ red, green = usuallyGreen }) => {
    expect(testsOf(red)).not.toEqual([]);
    for (const { file, title } of [...testsOf(red), ...testsOf(green)]) {
      const written = [...titlesOf(textOf(fileOf(file))).tests].filter((one) => isRunAs(title, one));
      expect([title, written.length]).toEqual([title, 1]);
    }
  });
});

describe('what a report says of a control', () => {
  const control: Control = {
    name: 'guard',
    broken: 'there is none',
    side: 'site',
    edits: [],
    red: { conflict: ['asks'] },
    green: { dialog: ['opens'] },
  };
  const reportOf = (
    asks: { readonly status: string; readonly message?: string },
    opens = 'passed',
  ): Report => ({
    testResults: [
      {
        name: '/here/tests/browser/conflict.test.ts',
        assertionResults: [{ title: 'asks', status: asks.status, failureMessages: [asks.message ?? ''] }],
      },
      {
        name: '/here/tests/browser/dialog.test.ts',
        assertionResults: [{ title: 'opens', status: opens }],
      },
    ],
  });

  it('is that it is red when its test has failed of itself, and the other has passed', () => {
    const report = reportOf({ status: 'failed', message: 'AssertionError: 1' });
    expect(verdictOf(control, report)).toEqual({ unnoticed: [], untried: [] });
  });

  it.each([
    ['a test that passed', reportOf({ status: 'passed' })],
    ['a test that was left out', reportOf({ status: 'skipped' })],
    ['a test that is not there', { testResults: [] }],
  ])('is that it is not, with %s', (_, report) => {
    expect(verdictOf(control, report).unnoticed).toHaveLength(1);
  });

  it.each([
    ['a test without a ground', reportOf({ status: 'failed', message: 'Error: there is no ground: see' })],
    ['a page that does not load', reportOf({ status: 'failed', message: 'page.goto: Timeout' })],
    ['a build that does nothing any more', reportOf({ status: 'failed', message: 'Error: 1' }, 'failed')],
  ])('is that nobody knows, with %s', (_, report) => {
    const { unnoticed, untried } = verdictOf(control, report);
    expect([unnoticed.length, untried.length]).toEqual([0, 1]);
  });
});
