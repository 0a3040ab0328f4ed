/** `npm run check`: format, lint, promise rules, types. Each tool runs whatever the one before said. */
import { spawnSync } from 'node:child_process';

const node = process.execPath;
/** Biome colours whatever it writes to; a log file wants none. */
const colors = process.stdout.isTTY ? [] : ['--colors=off'];
const checks: readonly (readonly [string, readonly string[]])[] = [
  ['format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', ...colors, '.']],
  [
    'promises',
    [
      'node_modules/oxlint/bin/oxlint',
      '--type-aware',
      '-A',
      'all',
      '-D',
      'typescript/no-floating-promises',
      '-D',
      'typescript/no-misused-promises',
      'packages',
      'apps',
      'migrations',
      'tests',
      'scripts',
    ],
  ],
  ['types of tests and scripts', ['node_modules/typescript/bin/tsc', '-p', 'tests/tsconfig.json']],
  ['types of the pages', ['node_modules/typescript/bin/tsc', '-p', 'apps/panel/ui/tsconfig.json']],
];

const failed = checks.filter(([name, args]) => {
  process.stdout.write(`check: ${name}\n`);
  return spawnSync(node, [...args], { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0;
});
for (const [name] of failed) process.stderr.write(`check failed: ${name}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
