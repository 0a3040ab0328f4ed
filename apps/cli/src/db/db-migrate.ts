/** `holdfast db migrate` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { migrate } from '@holdfast/truth-db';
import { dbMigrateSettings } from './db-command.ts';
import { withTruth } from './with-truth.ts';

export async function dbMigrate(line: CommandLine): Promise<number> {
  return await answer(dbMigrateSettings, line, (settings) =>
    withTruth(settings, async (truth) => {
      const { applied, version } = await migrate(truth, { waitMs: settings.lockTimeout.value });
      const done = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`;
      return { document: { applied, version }, lines: [`${done}; the schema is at ${version}`] };
    }),
  );
}
