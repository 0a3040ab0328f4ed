/** The command lines of `vpn-panel admin …`, for the table of the program's commands. Each is loaded when it is called. */
import type { CommandDefinition, CommandLine, MainContext } from '@holdfast/host/cli';
import { adminCreateSettings, adminPasswordSettings, adminSettings } from './admin-settings.ts';

export interface AdminCommand {
  readonly words: readonly string[];
  readonly definition: CommandDefinition;
  /** @returns the exit status */
  readonly run: (line: CommandLine, context: MainContext) => Promise<number>;
}

const address = { name: 'email', describe: 'the e-mail address of the admin' } as const;
const exits = `Exit status:
  0    done           3   the address is taken
  64   usage          65  no such admin, no address, or no password of 10 to 256 characters
  69   database unreachable
  77   no access      78  configuration`;

const create: CommandDefinition = {
  name: 'vpn-panel admin create',
  describe: 'Add somebody who administers through the panel.',
  settings: adminCreateSettings,
  operands: [address],
  epilogue: `The address must not be that of a customer: one logs in by it.

${exits}

Examples:
  vpn-panel admin create ana@example.com --name "Ana García"
  pass show panel/ana | vpn-panel admin create ana@example.com --password-file -`,
};

const list: CommandDefinition = {
  name: 'vpn-panel admin list',
  describe: 'Show who administers through the panel.',
  settings: adminSettings,
  epilogue: `Exit status: 0 listed, 64 usage, 69 database unreachable, 77 no access, 78 configuration

Examples:
  vpn-panel admin list --json`,
};

const password: CommandDefinition = {
  name: 'vpn-panel admin password',
  describe: 'Give an admin a new password, which ends their logins.',
  settings: adminPasswordSettings,
  operands: [address],
  epilogue: exits,
};

const disable: CommandDefinition = {
  name: 'vpn-panel admin disable',
  describe: 'Keep an admin out, and end their logins.',
  settings: adminSettings,
  operands: [address],
  epilogue: `Panels that are running hear of it within five seconds.

${exits}`,
};

const enable: CommandDefinition = {
  name: 'vpn-panel admin enable',
  describe: 'Let an admin in again, with the password they had.',
  settings: adminSettings,
  operands: [address],
  epilogue: exits,
};

export const adminCommands: readonly AdminCommand[] = [
  {
    words: ['admin', 'create'],
    definition: create,
    run: async (line, { signal }) => (await import('./admin-create.ts')).adminCreate(line, signal),
  },
  {
    words: ['admin', 'list'],
    definition: list,
    run: async (line) => (await import('./admin-list.ts')).adminList(line),
  },
  {
    words: ['admin', 'password'],
    definition: password,
    run: async (line, { signal }) => (await import('./admin-password.ts')).adminPassword(line, signal),
  },
  {
    words: ['admin', 'disable'],
    definition: disable,
    run: async (line) => (await import('./admin-status.ts')).adminStatus(line, 'disabled'),
  },
  {
    words: ['admin', 'enable'],
    definition: enable,
    run: async (line) => (await import('./admin-status.ts')).adminStatus(line, 'active'),
  },
];
