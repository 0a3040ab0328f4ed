/** Places of this checkout. Benches run what is built and installed, never the sources. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspaceRoot = fileURLToPath(new URL('../..', import.meta.url));

const binDirectory = join(workspaceRoot, 'node_modules', '.bin');

/** An installed command, as a user's shell would find it. */
export function installedBin(name: string): string {
  return join(binDirectory, name);
}

/** The environment of a user of this checkout: the pinned runtimes first, none of our own settings. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  const path = [binDirectory, process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);
  return { ...Object.fromEntries(own), PATH: path };
}

/** A module inside a package's build that no public export reaches: for peers that have to use the very same parts. */
export function builtModule(packageName: string, file: string): string {
  return new URL(`../../packages/${packageName}/dist/${file}`, import.meta.url).href;
}

/** What a package itself depends on, in the version it gets. */
export function requireFrom(packageName: string): NodeJS.Require {
  return createRequire(new URL(`../../packages/${packageName}/package.json`, import.meta.url));
}

export function isBuilt(): boolean {
  return existsSync(join(workspaceRoot, 'apps', 'policy-apply', 'dist', 'bundle', 'main.js'));
}
