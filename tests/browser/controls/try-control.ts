/** Runs the tests of one control on its build. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errnoOf } from '@holdfast/base';
import { repository } from '../../support/repository.ts';
import type { BuildPlace } from './broken-build.ts';
import { type Control, fileOf, usuallyGreen } from './control.ts';
import { type Report, testsOf, verdictOf } from './verdict.ts';

/**
 * Cases that are red wait this long for what does not come; on the build as it is, it comes within a second. On a machine that is so busy
 * that a test does not come as far as its guard, once more, with more patience.
 */
const patiencesMs = [6_000, 30_000];
const vitest = join(repository, 'node_modules/vitest/vitest.mjs');

/** @returns what is wrong with the control; nothing when it is red */
export async function tryControl(
  control: Control,
  place: BuildPlace,
  reportPath: string,
): Promise<readonly string[]> {
  let problems: readonly string[] = [];
  for (const patienceMs of patiencesMs) {
    await rm(reportPath, { force: true });
    const said = await runTests(
      control,
      { ...place, HOLDFAST_BROWSER_PATIENCE_MS: String(patienceMs) },
      reportPath,
    );
    const report = await reportAt(reportPath);
    if (report === undefined) return [`no report: ${said}`];
    const { unnoticed, untried } = verdictOf(control, report);
    problems = [...unnoticed, ...untried];
    if (said.includes('there is no ground')) return [said, ...problems];
    if (untried.length === 0) return problems;
  }
  return problems;
}

/** @returns what vitest said beside its report */
async function runTests(
  { red, green = usuallyGreen }: Control,
  place: NodeJS.ProcessEnv,
  reportPath: string,
): Promise<string> {
  const tests = [...testsOf(red), ...testsOf(green)];
  const files = new Set(tests.map(({ file }) => fileOf(file)));
  const { HOLDFAST_COUNTS: _counts, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      ...[vitest, 'run', '--project', 'browser', ...files],
      ...['-t', `(?:${tests.map(({ title }) => RegExp.escape(title)).join('|')})$`],
      ...['--reporter=json', `--outputFile.json=${reportPath}`],
    ],
    {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...env, ...place, HOLDFAST_SEED: '1' },
    },
  );
  return saidBy(child);
}

async function saidBy(child: ChildProcess): Promise<string> {
  const ended = once(child, 'close');
  const said = child.stderr === null ? '' : await text(child.stderr);
  await ended;
  return said.trim();
}

async function reportAt(path: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Report;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
