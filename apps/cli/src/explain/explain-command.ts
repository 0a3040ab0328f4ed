/** The command line of `holdfast explain`. */
import { policySettings } from '@holdfast/gateway-policy/command';
import type { CommandDefinition } from '@holdfast/host/cli';
import {
  json,
  lockBackend,
  onOrOff,
  placeSettings,
  type Setting,
  type SettingTable,
} from '@holdfast/host/config';

const { gateway, dataplane, netns, device } = policySettings;

export const explainSettings = {
  ...placeSettings,
  gateway: {
    ...gateway,
    describe:
      'gateway of this machine: what is live is looked at for it alone (default: the only one in truth)',
  },
  dataplane,
  netns,
  device,
  lockBackend,
  showPersonal: {
    flag: '--show-personal',
    describe: 'show e-mail addresses and labels as they are',
    parse: onOrOff,
    fallback: false,
    isPersistent: false,
  } as Setting<boolean>,
  json,
} satisfies SettingTable;

export const explainCommand: CommandDefinition = {
  name: 'holdfast explain',
  describe: 'Tell why a client has, or has not, traffic at its rate.',
  settings: explainSettings,
  operands: [{ name: 'client', describe: 'address (IPv4 or IPv6), connection id or user name' }],
  epilogue: `Nothing is changed. Where this user may not list the kernel's tables, or the gateway is on another machine, the
answer says so and tells the rest.

Exit status:
  0    what is live is what truth says, or could not be looked at
  2    what is live differs from truth
  64   usage            65  nobody of that name      69  database unreachable
  77   no access        78  configuration

Examples:
  holdfast explain 10.8.0.7
  holdfast explain ana --json`,
};
