/** Opens the truth that a `holdfast db` call means, and closes it whatever happens. */
import { join, resolve } from 'node:path';
import { type LoadedSettings, type placeSettings, prepareDirectory } from '@holdfast/host/config';
import { openTruth, type Truth } from '@holdfast/truth-db';

/**
 * @returns what `work` returns
 * @throws HoldfastError STATE_DIRECTORY, and as `openTruth` and `work` do
 */
export async function withTruth<Result>(
  settings: LoadedSettings<typeof placeSettings>,
  work: (truth: Truth) => Promise<Result>,
): Promise<Result> {
  const stateDir = resolve(settings.stateDirectory);
  const url = settings.database.value;
  if (url === undefined) prepareDirectory(stateDir);
  await using truth = openTruth(url ?? `sqlite:${join(stateDir, 'truth.sqlite')}`);
  return await work(truth);
}
