/** How a command is bundled: by `build.mjs`, and by the controls of the cases in the browser, which bundle a broken one. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtInModules } from './built-in-modules.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What goes in. @param plugins - run before our own */
export function bundleInput(input, plugins = []) {
  return {
    input,
    platform: 'node',
    plugins: [...plugins, builtInModules],
    resolve: {
      alias: { koffi: join(root, 'scripts', 'bundled-koffi.mjs') },
      conditionNames: ['@holdfast/source', 'node', 'import', 'default'],
    },
    logLevel: 'warn',
  };
}

/** What comes out. */
export function bundleOutput(directory) {
  return { dir: directory, format: 'esm', minify: true, entryFileNames: 'main.js' };
}
