/** The commands of `vpn-radius-mapper`, by the words that call them. Each is loaded when it is called. */
import type { CommandDefinition, CommandLine, MainContext } from '@holdfast/host/cli';
import { credentialsRenewCommand } from './credentials/credentials-command.ts';
import { mapperCommand } from './mapper-command.ts';
import { raddbInstallCommand } from './raddb/raddb-command.ts';
import { sessionsListCommand, sessionsReleaseCommand } from './sessions/sessions-command.ts';

export interface MapperCommand {
  readonly words: readonly string[];
  readonly definition: CommandDefinition;
  /** Runs until it is asked to stop. */
  readonly isDaemon?: boolean;
  /** @returns the exit status */
  readonly run: (line: CommandLine, context: MainContext) => Promise<number>;
}

const serve = {
  definition: mapperCommand,
  isDaemon: true,
  run: async (line: CommandLine, context: MainContext) =>
    (await import('./serve/serve.ts')).serve(line, context),
};

const commands: readonly MapperCommand[] = [
  { words: ['serve'], ...serve },
  {
    words: ['sessions', 'list'],
    definition: sessionsListCommand,
    run: async (line) => (await import('./sessions/sessions-list.ts')).sessionsList(line),
  },
  {
    words: ['sessions', 'release'],
    definition: sessionsReleaseCommand,
    run: async (line) => (await import('./sessions/sessions-release.ts')).sessionsRelease(line),
  },
  {
    words: ['credentials', 'renew'],
    definition: credentialsRenewCommand,
    run: async (line) => (await import('./credentials/credentials-renew.ts')).credentialsRenew(line),
  },
  {
    words: ['raddb', 'install'],
    definition: raddbInstallCommand,
    run: async (line) => (await import('./raddb/raddb-install.ts')).raddbInstall(line),
  },
];

/** What is called by no word, so that a unit file may name the program alone. */
const bare: MapperCommand = { words: [], ...serve };

export function findCommand(
  words: readonly string[],
): { readonly command: MapperCommand; readonly rest: readonly string[] } | undefined {
  const [first] = words;
  if (first === undefined || first.startsWith('-')) return { command: bare, rest: words };
  const command = commands.find((candidate) => candidate.words.every((word, place) => words[place] === word));
  return command === undefined ? undefined : { command, rest: words.slice(command.words.length) };
}

/** The list of the commands that begin with these words; undefined when none does. */
export function describeCommands(words: readonly string[]): string | undefined {
  const listed = commands.filter((command) => words.every((word, place) => command.words[place] === word));
  if (listed.length === 0) return undefined;
  const width = Math.max(...listed.map((command) => command.words.join(' ').length));
  const lines = listed.map(
    (command) =>
      `  vpn-radius-mapper ${command.words.join(' ').padEnd(width)}  ${command.definition.describe}`,
  );
  const more = 'vpn-radius-mapper COMMAND --help tells the options of each.';
  return `Usage: vpn-radius-mapper COMMAND [options]\n\n${lines.join('\n')}\n\n${more}\n`;
}
