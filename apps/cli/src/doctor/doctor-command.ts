/** The command line of `holdfast doctor`. */
import { formatDuration, parseDuration } from '@holdfast/base';
import { policySettings } from '@holdfast/gateway-policy/command';
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  json,
  lockBackend,
  nonEmpty,
  placeSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';
import { type ListenAddress, parseListenAddress } from '@holdfast/host/listen';

const { gateway, dataplane, netns, device } = policySettings;

export const doctorSettings = {
  ...placeSettings,
  gateway: {
    ...gateway,
    describe: 'gateway of this machine (default: all of truth whose runs are recorded here)',
  },
  dataplane,
  netns,
  device,
  lockBackend,
  only: {
    flag: '--only',
    argument: 'names',
    describe: 'only these checks, separated by commas',
    parse: nonEmpty,
    fallback: undefined,
    isPersistent: false,
  } as Setting<string | undefined>,
  daemon: {
    flag: '--daemon',
    argument: 'address',
    describe: 'where the daemon answers: HOST:PORT, unix:PATH or none (default: 127.0.0.1:8082)',
    parse: parseListenAddress,
    fallback: parseListenAddress('127.0.0.1:8082'),
    isPersistent: false,
  } as Setting<ListenAddress>,
  triggerAge: age('--trigger-age', 'a trigger that has waited so long is not applied by anybody', 300_000),
  runAge: age('--run-age', 'a last run that is so long ago is worth a warning', 900_000),
  json,
} satisfies SettingTable;

export const doctorCommand: CommandDefinition = {
  name: 'holdfast doctor',
  describe: 'Prove the set-up of this machine: each check with what it found and what to do.',
  settings: doctorSettings,
  epilogue: `Changes nothing that it does not take back: the kernel is tried in a network namespace of its own, locks in a
directory of their own, a write to the database is rolled back. docs/operations.md tells what each check looks at.

Exit status:
  0    nothing failed; warnings and skipped checks count as that
  64   usage
  69   something is not there, does not work, or is not permitted
  78   everything works, and something is configured wrongly or a row of truth is invalid
  130  interrupted          143  terminated

Examples:
  holdfast doctor --gateway gw1
  holdfast doctor --only kernel,locks --json`,
};

function age(flag: string, describe: string, fallback: number): Setting<number> {
  return {
    flag,
    argument: 'duration',
    describe: `${describe} (default: ${formatDuration(fallback)})`,
    parse: parseDuration,
    fallback,
    isPersistent: false,
  };
}
