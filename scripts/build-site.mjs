/**
 * The pages of the panel: `vite build` into `apps/panel/dist/site`, and beside each file that is worth it the same one compressed,
 * so that the panel never has to. A build of inputs that have not changed is left as it is.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const source = join('apps', 'panel', 'ui');
const site = join('apps', 'panel', 'dist', 'site');
const stamp = join('apps', 'panel', 'dist', 'site.inputs');
const inputs = [
  `${source}/**/*`,
  'packages/{panel-client,optimistic-client}/src/**/*.ts',
  'apps/panel/package.json',
  'package-lock.json',
  'scripts/build-site.mjs',
];
/** What is less than a packet is not worth a second file. */
const smallestBytes = 1_400;

/** In the root of the repository. */
export async function buildSite() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(join(site, 'index.html')))
    return;
  rmSync(stamp, { force: true });
  const vite = [join('node_modules', 'vite', 'bin', 'vite.js'), 'build', source, '--logLevel', 'warn'];
  const { status } = spawnSync(process.execPath, vite, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  await Promise.all(globSync(`${site}/**/*.{js,css,html,svg}`).map(compress));
  writeFileSync(stamp, wanted);
}

function fingerprint() {
  const hash = createHash('sha256');
  const isOfSite = (path) => !path.endsWith('.test.ts') && statSync(path).isFile();
  for (const path of globSync(inputs).filter(isOfSite).sort())
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

async function compress(path) {
  const bytes = readFileSync(path);
  if (bytes.length < smallestBytes) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  writeFileSync(`${path}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
