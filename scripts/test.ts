/**
 * `npm test`: checks, then every suite, on Node and the runtime suites on Bun. What is skipped is listed by name; with
 * `CI=true` a skip is a failure. Installing and building is the bootstrap's work and has been done.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Suite {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** The suite of each test that did not run. */
  readonly skipped: readonly string[];
}

const reports = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
const vitest = 'node_modules/vitest/vitest.mjs';
const bun = 'node_modules/bun/bin/bun.exe';
const turbo = [
  'node_modules/turbo/bin/turbo',
  'run',
  'test',
  '--output-logs=errors-only',
  '--no-update-notifier',
];

const suites: readonly Suite[] = [
  { name: 'check', program: process.execPath, args: ['scripts/check.ts'] },
  { name: 'unit', program: process.execPath, args: turbo },
  {
    name: 'unit on bun',
    program: bun,
    args: ['--bun', vitest, 'run', '--project', 'unit', '--pool=threads'],
  },
  { name: 'processes', program: process.execPath, args: [vitest, 'run', '--project', 'processes'] },
];

const startedMs = performance.now();
const results = suites.map(runSuite);
rmSync(reports, { recursive: true });
process.exitCode = conclude();

function runSuite(suite: Suite): Counts & { readonly name: string } {
  process.stdout.write(`\n== ${suite.name}\n`);
  const report = join(reports, `${suite.name.replaceAll(' ', '-')}.json`);
  const isVitest = suite.args.includes('run') && suite.args.includes(vitest);
  const extra = isVitest ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  const { status } = spawnSync(suite.program, [...suite.args, ...extra], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  });
  const counts = isVitest ? readCounts(report) : { passed: 1, failed: 0, skipped: [] };
  // A runner that died, or failed outside a test, has failed although no test did.
  const failed = status === 0 ? counts.failed : Math.max(1, counts.failed);
  return { name: suite.name, ...counts, passed: status === 0 || isVitest ? counts.passed : 0, failed };
}

function readCounts(path: string): Counts {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly testResults: readonly {
        readonly assertionResults: readonly {
          readonly status: string;
          readonly ancestorTitles: readonly string[];
        }[];
      }[];
    };
    const tests = report.testResults.flatMap((file) => file.assertionResults);
    const skipped = tests.filter(
      ({ status }) => status === 'skipped' || status === 'pending' || status === 'todo',
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: skipped.map((test) => test.ancestorTitles[0] ?? 'tests of no suite'),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: [] }; // no report: the runner did not get to its end
  }
}

function conclude(): number {
  const skipped = results.flatMap((result) => result.skipped);
  for (const [suite, tests] of Object.entries(Object.groupBy(skipped, (name) => name))) {
    process.stdout.write(
      `skipped ${suite} (${tests?.length ?? 0} tests; they need root, nft, strace or unshare)\n`,
    );
  }
  for (const { name, failed } of results)
    process.stdout.write(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name}\n`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const isSkipFailure = process.env.CI === 'true' && skipped.length > 0;
  if (isSkipFailure) process.stdout.write('with CI=true a skip is a failure\n');
  process.stdout.write(`${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed === 0 && !isSkipFailure ? 0 : 1;
}
