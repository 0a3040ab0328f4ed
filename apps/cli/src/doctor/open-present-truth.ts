/** The truth that a question is about, only if it is there: a question creates no database and no directory. */
import { join, resolve } from 'node:path';
import type { LoadedSettings, placeSettings } from '@holdfast/host/config';
import { openTruth, type Truth } from '@holdfast/truth-db';

/** @throws HoldfastError as `openTruth` does */
export function openPresentTruth({ database, stateDirectory }: LoadedSettings<typeof placeSettings>): Truth {
  const url = database.value ?? `sqlite:${join(resolve(stateDirectory), 'truth.sqlite')}`;
  return openTruth(url, { create: false, busyTimeoutMs: 2_000 });
}
