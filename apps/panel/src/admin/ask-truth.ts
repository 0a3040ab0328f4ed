/** Truth for one question of an operator: opened where the settings say, and never created. */
import { join, resolve } from 'node:path';
import type { LoadedSettings } from '@holdfast/host/config';
import { assertSchema, openTruth, type Truth } from '@holdfast/truth-db';
import type { adminSettings } from './admin-settings.ts';

type Place = Pick<LoadedSettings<typeof adminSettings>, 'database' | 'stateDirectory'>;

/** @throws HoldfastError SCHEMA_MISSING, SCHEMA_NEWER, or as the database */
export async function askTruth<Result>(
  { database, stateDirectory }: Place,
  ask: (truth: Truth) => Promise<Result>,
): Promise<Result> {
  const url = database.value ?? `sqlite:${join(resolve(stateDirectory), 'truth.sqlite')}`;
  await using truth = openTruth(url, { create: false });
  await assertSchema(truth);
  return await ask(truth);
}
