/** `holdfast db rollback` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { rollback } from '@holdfast/truth-db';
import { dbRollbackSettings } from './db-command.ts';
import { withTruth } from './with-truth.ts';

export async function dbRollback(line: CommandLine): Promise<number> {
  return await answer(dbRollbackSettings, line, (settings) =>
    withTruth(settings, async (truth) => {
      const acceptsLoss = settings.force.value;
      const name = await rollback(truth, { waitMs: settings.lockTimeout.value, acceptsLoss });
      const done = name === undefined ? 'nothing to take back' : `took back ${name}`;
      return { document: { rolledBack: name ?? null }, lines: [done] };
    }),
  );
}
