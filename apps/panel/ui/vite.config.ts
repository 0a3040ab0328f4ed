/** The pages of the panel, built to `apps/panel/dist/site`. No plugin: Vite transforms JSX itself. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  publicDir: 'public',
  oxc: { jsx: { runtime: 'automatic' } },
  resolve: { conditions: ['@holdfast/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  build: {
    outDir: '../dist/site',
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // The policy of the pages allows nothing that is not a file of ours.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // How busy the machine is says nothing of the pages.
      checks: { pluginTimings: false },
      output: {
        codeSplitting: {
          // Libraries change seldom and stay in the cache of a browser; what all pages share is one file, not thirty.
          groups: [
            { name: 'libraries', test: /node_modules/, tags: ['$initial'] },
            { name: 'shared', test: /ui\/src\/(?:components|data|shell|session\/[^/]+$)|packages\// },
          ],
        },
      },
      // Libraries mark what is for browsers; all of this is.
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  // While working on the pages: the API is that of a panel beside it.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
