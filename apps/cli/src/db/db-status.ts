/** `holdfast db status` */
import { loadSettings, placeSettings } from '@holdfast/host/config';
import { schemaStatus } from '@holdfast/truth-db';
import { withTruth } from './with-truth.ts';

export async function dbStatus(flags: Readonly<Record<string, string>>): Promise<number> {
  return await withTruth(loadSettings(placeSettings, flags), async (truth) => {
    process.stdout.write(`${JSON.stringify(await schemaStatus(truth), undefined, 2)}\n`);
    return 0;
  });
}
