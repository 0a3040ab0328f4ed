/**
 * One `tsc -b` over all projects, then one bundle per command. The bundle is what the bins start: unbundled, loading
 * Kysely and commander alone takes four times as long as bare Node.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

for (const app of readdirSync('apps')) {
  const input = join('apps', app, 'src', 'main.ts');
  if (existsSync(input)) await bundle(app, input);
}

async function bundle(app, input) {
  const build = await rolldown({
    input,
    platform: 'node',
    external: ['koffi', /^node:/],
    resolve: { conditionNames: ['@holdfast/source', 'node', 'import', 'default'] },
    logLevel: 'warn',
  });
  const directory = join('apps', app, 'dist', 'bundle');
  const { output } = await build.write({
    dir: directory,
    format: 'esm',
    minify: true,
    entryFileNames: 'main.js',
  });
  await build.close();
  // Chunks of earlier builds have other names; nobody loads them any more.
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(directory)) if (!written.has(name)) rmSync(join(directory, name));
}
