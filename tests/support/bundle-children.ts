/**
 * Bundles the programs that tests start again and again, once before the suites: from its sources, with some hundred
 * modules to find and strip, each of them takes two to four times the processor time to start.
 */
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { childrenVariable } from './child-program.ts';
import { repository } from './repository.ts';

const programs = [
  'tests/**/{*-child,*-fixture,actor,lockfile-peer,orphan-writer}.ts',
  'tests/policy/fixtures/*.ts',
];

/**
 * Called by vitest, once for each project; the first call is for all of them. One program that does not compile leaves
 * all of them to run from their sources: only its own tests fail.
 */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env[childrenVariable] !== undefined) return undefined;
  const parent = join(repository, 'node_modules', '.holdfast-children');
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'run-'));
  chmodSync(directory, 0o755); // some children run as another user
  const remove = () => rmSync(directory, { recursive: true });
  try {
    await bundle(directory);
  } catch (error) {
    remove();
    process.stderr.write(`children run from their sources: ${String(error)}\n`);
    return undefined;
  }
  process.env[childrenVariable] = directory;
  return remove;
}

async function bundle(directory: string): Promise<void> {
  const names = globSync(programs, { cwd: repository }).map((path) => path.replace(/\.ts$/, ''));
  const build = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(repository, `${name}.ts`)])),
    platform: 'node',
    external: ['koffi', /^node:/],
    resolve: { conditionNames: ['@holdfast/source', 'node', 'import', 'default'] },
    // Else what two programs share may be put into one of them, and whoever imports it later runs that program.
    experimental: { chunkOptimization: { mergeCommonChunks: false } },
    logLevel: 'warn',
  });
  await build.write({ dir: directory, format: 'esm', entryFileNames: '[name].js' });
  await build.close();
}
