import { defineConfig } from 'vitest/config';
import { patienceMs } from './tests/support/patience.ts';

const conditions = ['@holdfast/source', 'module', 'node', 'development|production'];

/** Where turbo runs the suite of one workspace, its report is kept, and cached, beside it for `npm test` to count. */
// biome-ignore lint/style/noProcessEnv: turbo says in no other way that it runs us
// biome-ignore lint/suspicious/noUndeclaredEnvVars: turbo sets it itself, to the very hash of its cache
const isTurbo = process.env.TURBO_HASH !== undefined;

/** They put something else in the place of a module, before anybody has loaded it. */
const mocking = [
  'packages/lock-runner/src/{choose-backend,lockfile/lockfile-claim,directory/lock-directory}.test.ts',
];
/**
 * Contracts on a server, which a soak alone tries on Bun: `mysql-server` and `mysql-commit` show there that the driver is the
 * same. (An exclusion on the command line does not reach a project that has one of its own.)
 */
// biome-ignore lint/style/noProcessEnv: as in tests/support/counts.ts
const isLeftOut = process.versions.bun !== undefined && process.env.HOLDFAST_COUNTS !== 'soak';
const onServers = '**/{mariadb-*,*-mariadb,mysql-connection,mysql-odd-server,mysql-truth}.test.ts';
/** A fault at each step of a reset, in our own code alone: the same on Bun, and slow there. */
const inPort = 'packages/reset-executor/src/single-failure.test.ts';
/** Nothing is proved by a limit: it only ends what hangs, on machines of any speed. */
const limits = { testTimeout: 60_000, hookTimeout: 60_000 } as const;

const processes = {
  ...limits,
  pool: 'forks',
  // A file costs a fifth of a second less in a process that has loaded our modules already.
  isolate: false,
  globalSetup: 'tests/support/bundle-children.ts',
} as const;

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    reporters: isTurbo ? ['default', 'json'] : ['default'],
    outputFile: { json: `${process.cwd()}/.turbo/test-report.json` },
    projects: [
      {
        extends: true,
        test: {
          ...limits,
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts', 'apps/*/ui/src/**/*.test.ts'],
          exclude: [...mocking, ...(isLeftOut ? [onServers, inPort] : [])],
          isolate: false,
          // Those that ask a server wait more than they work.
          maxWorkers: 2,
        },
      },
      { extends: true, test: { ...limits, name: 'unit-mocking', include: mocking } },
      {
        extends: true,
        test: {
          ...processes,
          name: 'processes',
          include: [
            'tests/{atomic,docs,lock,lock-command,metadata-cache,mutations,panel,reset,stores,truth}/**/*.test.ts',
          ],
          // They wait more than they work.
          maxWorkers: 5,
        },
      },
      {
        extends: true,
        test: {
          ...processes,
          name: 'machine',
          include: ['tests/*.test.ts', 'tests/{kernel,policy,radius}/**/*.test.ts'],
          // They share one kernel, each in network namespaces of its own, and processors with the browser.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...processes,
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          // One panel and one browser for all files.
          globalSetup: 'tests/browser/start-ground.ts',
          expect: { poll: { timeout: patienceMs, interval: 20 } },
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
