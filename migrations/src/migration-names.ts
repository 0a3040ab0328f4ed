/**
 * The names of `migrations`, in their order, for a program that compares the schema and does not change it: the migrations
 * themselves bring a query builder along.
 */
export const migrationNames = [
  '0001-core',
  '0002-commit-marks',
  '0003-runtime-stores',
  '0004-mutations',
  '0005-panel',
] as const;
