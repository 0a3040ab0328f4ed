/** `docs/policy_locking_model.md` and the code say the same: figures, steps, exits, and what a killed run leaves. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backoff, type ErrorCode, errorTable } from '@holdfast/base';
import { convergeBackoff, convergeTries, watchPauses } from '@holdfast/cycle';
import { policySettings } from '@holdfast/gateway-policy/command';
import { describe, expect, it } from 'vitest';
import { applyCommand, applySettings } from '../../apps/policy-apply/src/apply-command.ts';
import { reconcileSettings } from '../../apps/policy-reconcile/src/reconcile-command.ts';
import { mostOvertakes } from '../../packages/lock-runner/src/process/process-queue.ts';
import { dataplaneSteps, matrixSteps } from '../policy/matrix/matrix-steps.ts';
import { regressionTables } from '../policy/matrix/regression-table.ts';
import { repository } from '../support/repository.ts';
import { codesOf, tablesOf } from './markdown.ts';

const document = readFileSync(join(repository, 'docs/policy_locking_model.md'), 'utf8');
const rowsUnder = (heading: string) =>
  tablesOf(document).find((table) => table.heading === heading)?.rows ?? [];

describe('the figures of docs/policy_locking_model.md', () => {
  const figures = rowsUnder('Figures').map(([name = '', value = '', , place = '']) => {
    const [path = '', snippet = ''] = codesOf(place);
    return { name, value: Number(value.replaceAll(' ', '')), path, snippet };
  });

  it('stand in the code where the document says, with that value', () => {
    expect(figures.length).toBeGreaterThan(0);
    for (const { name, value, path, snippet } of figures) {
      // Followed by no further digit: 30 is not 300.
      const text = readFileSync(join(repository, path), 'utf8');
      const found = text
        .split(snippet)
        .slice(1)
        .some((rest) => !/^[\d_]/.test(rest));
      expect(found, `${name}: ${snippet} in ${path}`).toBe(true);
      expect(Number(/[\d_]+$/.exec(snippet)?.[0].replaceAll('_', '')), name).toBe(value);
    }
  });

  it('are those that take effect', () => {
    const documented = (name: string) => figures.find((figure) => figure.name === name)?.value;
    const inForce = {
      'tries of a write': convergeTries,
      'first pause between tries': convergeBackoff.initialMs,
      'longest pause between tries': convergeBackoff.maxMs,
      'apply waits for the lock': applySettings.lockTimeout.fallback,
      'reconcile waits for the lock': reconcileSettings.lockTimeout.fallback,
      'rest of the daemon between two looks': reconcileSettings.interval.fallback,
      'first pause of the daemon after a failure': watchPauses.initialMs,
      'longest pause of the daemon after a failure': watchPauses.maxMs,
      'times that a waiter of the background gives way': mostOvertakes,
      'share of what is live that may go unexplained': policySettings.removalShare.fallback,
      'objects of a kind that may go whatever their share': policySettings.removalCount.fallback,
    };
    expect(Object.fromEntries(Object.keys(inForce).map((name) => [name, documented(name)]))).toEqual(inForce);
    expect(convergeBackoff.jitter).toBe('full');
    const pauses = backoff({ ...convergeBackoff, random: () => 1 }).take(convergeTries - 1);
    const latestMs = pauses.reduce((sum, pauseMs) => sum + pauseMs, 0);
    expect(document).toContain(
      `the tenth ${Math.floor(latestMs / 1_000)} ${latestMs % 1_000} ms after the first`,
    );
    expect(document).toContain('exponential, with full jitter');
  });
});

describe('the steps of docs/policy_locking_model.md', () => {
  it('of the effects are those of the dataplane, in order', () => {
    const steps = rowsUnder('Order of effects').map(([step = '']) => codesOf(step)[0]);
    expect(steps).toEqual(dataplaneSteps);
  });

  it('at which a run can die are all there are, and roll forward as the matrix says', () => {
    const { killed } = regressionTables();
    const rows = rowsUnder('A run that dies').map(([step = '', , , word = '']) => [codesOf(step)[0], word]);
    const expected = matrixSteps.map((step) => {
      return [step, killed.find(({ steps }) => steps.includes(step))?.word];
    });
    expect(rows).toEqual(expected);
  });
});

describe('the exits of docs/policy_locking_model.md', () => {
  const exits = rowsUnder('Exit codes').map(([exit = '', codes = '']) => ({
    exit: Number(exit),
    codes: codesOf(codes),
  }));

  it('are those that vpn-policy-apply names', () => {
    const text = (applyCommand.epilogue ?? '').split('Examples')[0] ?? '';
    const named = [...text.matchAll(/(?<![-\w])(\d+) {2,}[a-z-]|(?<= )(\d{2,3})(?= +[a-z])/g)].map(
      ([, first, other]) => Number(first ?? other),
    );
    const documented = exits.map(({ exit }) => exit).filter((exit) => exit !== 70); // a defect is no feature
    expect([...new Set(named)].toSorted((one, other) => one - other)).toEqual(documented);
  });

  it('are those of their codes', () => {
    const codes = exits.flatMap(({ exit, codes: some }) => some.map((code) => ({ code, exit })));
    for (const { code, exit } of codes.filter(({ code: name }) => /^[A-Z_]+$/.test(name))) {
      expect(errorTable[code as ErrorCode]?.exit, code).toBe(exit);
    }
  });
});

describe('the storms of tests/concurrency_regression.md', () => {
  it('are run by suites that exist and name them', () => {
    const text = readFileSync(join(repository, 'tests/concurrency_regression.md'), 'utf8');
    const storms = tablesOf(text)
      .filter(({ columns }) => columns[0] === 'storm')
      .flatMap(({ rows }) => rows);
    expect(storms.length).toBeGreaterThan(0);
    for (const [name = '', , , path = ''] of storms) {
      expect(existsSync(join(repository, codesOf(path)[0] ?? '')), name).toBe(true);
    }
  });
});
