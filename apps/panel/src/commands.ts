/** The commands of `vpn-panel`, by the words that call them. Each is loaded when it is called. */
import type { CommandDefinition, CommandLine, MainContext } from '@holdfast/host/cli';
import { adminCommands } from './admin/admin-commands.ts';
import { panelCommand } from './serve/panel-command.ts';

export interface PanelCommand {
  readonly words: readonly string[];
  readonly definition: CommandDefinition;
  /** Runs until it is asked to stop. */
  readonly isDaemon?: boolean;
  /** @returns the exit status */
  readonly run: (line: CommandLine, context: MainContext) => Promise<number>;
}

const serve = {
  definition: panelCommand,
  isDaemon: true,
  run: async (line: CommandLine, context: MainContext) =>
    (await import('./serve/serve-panel.ts')).servePanel(line, context),
};

const commands: readonly PanelCommand[] = [{ words: ['serve'], ...serve }, ...adminCommands];

/** What is called by no word, so that a unit file may name the program alone. */
const bare: PanelCommand = { words: [], ...serve };

export function findCommand(
  words: readonly string[],
): { readonly command: PanelCommand; readonly rest: readonly string[] } | undefined {
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
    ({ words: own, definition }) => `  vpn-panel ${own.join(' ').padEnd(width)}  ${definition.describe}`,
  );
  return `Usage: vpn-panel COMMAND [options]\n\n${lines.join('\n')}\n\nvpn-panel COMMAND --help tells the options of each.\n`;
}
