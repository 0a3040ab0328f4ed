/** `holdfast db seed`: migrates first, so a new state directory needs one command. */
import { systemClock } from '@holdfast/base';
import { loadSettings } from '@holdfast/host/config';
import { migrate, seedDemo } from '@holdfast/truth-db';
import { dbSeedSettings } from './db-command.ts';
import { withTruth } from './with-truth.ts';

export async function dbSeed(flags: Readonly<Record<string, string>>): Promise<number> {
  const settings = loadSettings(dbSeedSettings, flags);
  const { gateway, device } = settings;
  return await withTruth(settings, async (truth) => {
    await migrate(truth);
    const isSeeded = await seedDemo(truth, {
      gateway: gateway.value,
      device: device.value,
      shards: 4,
      now: systemClock.wallMs(),
    });
    process.stdout.write(
      isSeeded ? `demo gateway ${gateway.value} added\n` : `gateway ${gateway.value} is there already\n`,
    );
    return 0;
  });
}
