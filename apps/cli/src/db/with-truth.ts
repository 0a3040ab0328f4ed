/** Opens the truth that a `holdfast db` call means, and closes it whatever happens. */
import { join, resolve } from 'node:path';
import { type LoadedSettings, type placeSettings, prepareDirectory } from '@holdfast/host/config';
import { openTruth, type Truth } from '@holdfast/truth-db';

/**
 * @returns the exit status that `work` ends with
 * @throws HoldfastError STATE_DIRECTORY, and as `openTruth` and `work` do
 */
export async function withTruth(
  settings: LoadedSettings<typeof placeSettings>,
  work: (truth: Truth) => Promise<number>,
): Promise<number> {
  const stateDir = resolve(settings.stateDirectory);
  prepareDirectory(stateDir);
  await using truth = openTruth(settings.database.value ?? `sqlite:${join(stateDir, 'truth.sqlite')}`);
  return await work(truth);
}
