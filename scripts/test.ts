/**
 * `npm test`: checks, then every suite, on Node and the runtime suites on Bun. What is skipped is listed by name; with
 * `CI=true` a skip is a failure. Installing and building is the bootstrap's work and has been done.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Suite {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Where its JSON reports are afterwards; a suite without any counts as one test. */
  readonly reports?: () => readonly string[];
}

interface Counts {
  readonly passed: number;
  /** What failed, by name. */
  readonly failed: readonly string[];
  /** The suite of each test that did not run. */
  readonly skipped: readonly string[];
}

/** What is read of vitest's report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly ancestorTitles: readonly string[];
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const isSoak = process.env.HOLDFAST_COUNTS === 'soak';
const reports = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
/** Of the children that tests run from their sources: the next one starts in a third of the time. */
const compiled = join(reports, 'compiled');
const vitest = 'node_modules/vitest/vitest.mjs';
const bun = 'node_modules/bun/bin/bun.exe';
const turbo = [
  'node_modules/turbo/bin/turbo',
  'run',
  'test',
  '--concurrency=3',
  '--output-logs=errors-only',
  '--no-update-notifier',
];

const workspaceReports = () => globSync('{packages,apps}/*/.turbo/test-report.json');
const vitestSuite = (name: string, program: string, args: readonly string[]): Suite => {
  const report = join(reports, `${name.replaceAll(' ', '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return { name, program, args: [...args, ...reporters], reports: () => [report] };
};

const suites: readonly Suite[] = [
  { name: 'check', program: process.execPath, args: ['scripts/check.ts'] },
  { name: 'unit', program: process.execPath, args: turbo, reports: workspaceReports },
  vitestSuite('unit on bun', bun, [
    '--bun',
    vitest,
    'run',
    '--project',
    'unit',
    '--project',
    'unit-mocking',
    '--pool=threads',
    '--maxWorkers=2',
    ...(isSoak ? [] : ['packages/']), // the kit, which others build on; the apps in a soak
  ]),
  vitestSuite('processes', process.execPath, [
    vitest,
    'run',
    '--project',
    'processes',
    '--project',
    'machine',
    '--project',
    'browser',
  ]),
  // Each guard of the cases in the browser, broken on purpose.
  ...(isSoak
    ? [
        {
          name: 'controls',
          program: process.execPath,
          args: ['--conditions=@holdfast/source', 'tests/browser/controls/run-controls.ts'],
        },
      ]
    : []),
];

for (const old of workspaceReports()) rmSync(old); // turbo puts back what it has cached
const startedMs = performance.now();
const results = suites.map(runSuite);
rmSync(reports, { recursive: true });
process.exitCode = conclude();

function runSuite({ name, program, args, reports }: Suite): Counts & { readonly name: string } {
  process.stdout.write(`\n== ${name}\n`);
  const { status } = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
      NODE_COMPILE_CACHE: compiled,
    },
  });
  const isGood = status === 0;
  if (reports === undefined)
    return { name, passed: isGood ? 1 : 0, failed: isGood ? [] : [name], skipped: [] };
  const counts = reports().map(readCounts);
  const failed = counts.flatMap((count) => count.failed);
  return {
    name,
    passed: counts.reduce((sum, count) => sum + count.passed, 0),
    // A runner that died, or failed outside a test, has failed although no test did.
    failed: isGood || failed.length > 0 ? failed : [`${name} ended with status ${status}`],
    skipped: counts.flatMap((count) => count.skipped),
  };
}

function readCounts(path: string): Counts {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report;
  const tests = testResults.flatMap((file) => file.assertionResults);
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const failedTests = tests.filter((test) => test.status === 'failed');
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: [
      ...brokenFiles.map((file) => `${file.name}: ${firstLine(file.message)}`),
      ...failedTests.map((test) => `${test.fullName}: ${firstLine(test.failureMessages?.[0] ?? '')}`),
    ],
    skipped: tests
      .filter((test) => ['skipped', 'pending', 'todo'].includes(test.status))
      .map((test) => test.ancestorTitles[0] ?? 'tests of no suite'),
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function conclude(): number {
  const skipped = results.flatMap((result) => result.skipped);
  for (const [suite, tests] of Object.entries(Object.groupBy(skipped, (name) => name))) {
    process.stdout.write(
      `skipped ${suite} (${tests?.length ?? 0} tests; they need root, nft, strace, unshare or chromium)\n`,
    );
  }
  for (const { name, failed } of results) {
    process.stdout.write(`${failed.length === 0 ? 'ok    ' : 'FAILED'} ${name}\n`);
    for (const test of failed) process.stdout.write(`       ${test}\n`);
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed.length, 0);
  const isSkipFailure = process.env.CI === 'true' && skipped.length > 0;
  if (isSkipFailure) process.stdout.write('with CI=true a skip is a failure\n');
  process.stdout.write(`${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed === 0 && !isSkipFailure ? 0 : 1;
}
