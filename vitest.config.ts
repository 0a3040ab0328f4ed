import { defineConfig } from 'vitest/config';

const conditions = ['@holdfast/source', 'module', 'node', 'development|production'];

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{packages,apps}/*/src/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['tests/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
