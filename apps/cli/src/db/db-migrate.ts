/** `holdfast db migrate` */
import { loadSettings, placeSettings } from '@holdfast/host/config';
import { migrate } from '@holdfast/truth-db';
import { withTruth } from './with-truth.ts';

export async function dbMigrate(flags: Readonly<Record<string, string>>): Promise<number> {
  return await withTruth(loadSettings(placeSettings, flags), async (truth) => {
    const { applied, version } = await migrate(truth);
    const done = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`;
    process.stdout.write(`${done}; the schema is at ${version}\n`);
    return 0;
  });
}
