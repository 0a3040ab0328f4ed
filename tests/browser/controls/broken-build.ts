/**
 * Builds the pages, or the panel, with the edits of a control, into a directory. A source is edited while it is loaded: the checkout stays as
 * it is.
 */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type InputOptions, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { build } from 'vite';
import { repository } from '../../support/repository.ts';
import type { Control, Edit } from './control.ts';
import { edited } from './edited.ts';

/** What the cases take the build from. */
export type BuildPlace = { readonly [variable in 'HOLDFAST_PANEL_SITE' | 'HOLDFAST_PANEL_BIN']?: string };

/** As `scripts/build.mjs` bundles a command; a script of the build, without types. */
interface BundleOptions {
  bundleInput(input: string, plugins: readonly Plugin[]): InputOptions;
  bundleOutput(directory: string): OutputOptions;
}

const bundleOptions = join(repository, 'scripts/bundle-options.mjs');
const pages = join(repository, 'apps/panel/ui');
const panel = join(repository, 'apps/panel/src/main.ts');

/** @throws Error - an edit does not fit its source, or its source is no part of the build */
export async function buildBroken({ side, edits }: Control, directory: string): Promise<BuildPlace> {
  const plugin = breaking(edits);
  if (side === 'panel') {
    const { bundleInput, bundleOutput } = (await import(bundleOptions)) as BundleOptions;
    const bundle = await rolldown(bundleInput(panel, [plugin]));
    await bundle.write(bundleOutput(directory));
    await bundle.close();
    // What is native is not in the bundle.
    await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
    return { HOLDFAST_PANEL_BIN: join(directory, 'main.js') };
  }
  await build({
    configFile: join(pages, 'vite.config.ts'),
    root: pages,
    logLevel: 'warn',
    plugins: [{ ...plugin, enforce: 'pre' }],
    build: { outDir: directory, emptyOutDir: true },
  });
  return { HOLDFAST_PANEL_SITE: directory };
}

function breaking(edits: readonly Edit[]): Plugin {
  const left = new Set(edits);
  return {
    name: 'breaking',
    transform(source, id) {
      const own = edits.filter(({ path }) => id === join(repository, path));
      for (const edit of own) left.delete(edit);
      return own.length === 0 ? undefined : { code: own.reduce(edited, source), map: null };
    },
    buildEnd(error) {
      const [missed] = left;
      if (error === undefined && missed !== undefined) throw new Error(`${missed.path} is not loaded`);
    },
  };
}
