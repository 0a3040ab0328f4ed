/** `holdfast db seed`: migrates first, so a new state directory needs one command. */
import { randomBytes } from 'node:crypto';
import { systemClock } from '@holdfast/base';
import { answer, type CommandLine } from '@holdfast/host/cli';
import {
  createPasswordHasher,
  type DemoLogins,
  migrate,
  renewDemoLogins,
  seedDemo,
  setDemoNas,
  type Truth,
} from '@holdfast/truth-db';
import { dbSeedSettings, type NasPlace } from './db-command.ts';
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
      const nasSecret = await renewNas(truth, gateway, settings.nas.value);
      const logins = settings.newLogins.value ? await newLogins(truth, gateway) : undefined;
      const done = isSeeded ? `demo gateway ${gateway} added` : `gateway ${gateway} is there already`;
      const told = nasSecret === undefined ? [] : [`secret of its NAS: ${nasSecret}`];
      return {
        document: { gateway, isSeeded, nasSecret, logins },
        lines: [done, ...told, ...(logins === undefined ? [] : linesOf(logins))],
      };
    }),
  );
}

/** @returns the secret of the NAS; undefined where there is none */
async function renewNas(
  truth: Truth,
  gateway: string,
  place: NasPlace | undefined,
): Promise<string | undefined> {
  const coaSecret = randomBytes(24).toString('base64url');
  const nas = place === undefined ? undefined : { ...place, coaSecret };
  const isDemo = await truth.transaction((trx) => setDemoNas(trx, gateway, nas));
  return isDemo && nas !== undefined ? coaSecret : undefined;
}

async function newLogins(truth: Truth, gateway: string): Promise<DemoLogins> {
  return renewDemoLogins(truth, gateway, createPasswordHasher());
}

function linesOf({ customers, clients }: DemoLogins): readonly string[] {
  return [
    ...customers.map(({ email, password }) => `${email}  ${password}`),
    ...clients.map(({ user, secret }) => `${user}  ${secret}`),
  ];
}
