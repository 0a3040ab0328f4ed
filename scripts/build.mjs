/**
 * One `tsc -b` over all projects, then one bundle per command, then the pages of the panel. The bundle is what the bins start:
 * unbundled, loading Kysely and commander alone takes four times as long as bare Node. Beside it is a directory in which Node
 * keeps what it has compiled of the bundle, for the user who has built it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildSite } from './build-site.mjs';
import { bundleInput, bundleOutput } from './bundle-options.mjs';

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
await buildSite();

async function bundle(app, input) {
  const build = await rolldown(bundleInput(input));
  const directory = join('apps', app, 'dist', 'bundle');
  const { output } = await build.write(bundleOutput(directory));
  await build.close();
  // Chunks of earlier builds have other names; nobody loads them any more.
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(directory)) {
    if (written.has(name)) writeAscii(join(directory, name));
    else rmSync(join(directory, name));
  }
  // Of nobody else: whoever can write there decides what the command does. A command that ends just now may write, too.
  const compiled = join('apps', app, 'dist', 'compiled');
  rmSync(compiled, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(compiled, { recursive: true, mode: 0o700 });
}

/** With one character beyond Latin-1 the whole file is kept and scanned in two bytes a character. */
function writeAscii(path) {
  const code = readFileSync(path, 'utf8');
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const ascii = code.replaceAll(/[^\0-\x7F]/g, escaped);
  if (ascii !== code) writeFileSync(path, ascii);
}
