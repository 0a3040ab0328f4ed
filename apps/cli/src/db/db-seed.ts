/** `holdfast db seed`: migrates first, so a new state directory needs one command. */
import { systemClock } from '@holdfast/base';
import { answer, type CommandLine } from '@holdfast/host/cli';
import { migrate, seedDemo } from '@holdfast/truth-db';
import { dbSeedSettings } from './db-command.ts';
import { withTruth } from './with-truth.ts';

export async function dbSeed(line: CommandLine): Promise<number> {
  return await answer(dbSeedSettings, line, (settings) =>
    withTruth(settings, async (truth) => {
      const gateway = settings.gateway.value;
      await migrate(truth, { waitMs: settings.lockTimeout.value });
      const isSeeded = await seedDemo(truth, {
        gateway,
        device: settings.device.value,
        shards: 4,
        now: systemClock.wallMs(),
      });
      const done = isSeeded ? `demo gateway ${gateway} added` : `gateway ${gateway} is there already`;
      return { document: { gateway, isSeeded }, lines: [done] };
    }),
  );
}
