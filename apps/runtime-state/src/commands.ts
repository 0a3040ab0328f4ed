/** The commands of `runtime-state`, by the word that calls them. Each is loaded when it is called. */
import type { CommandDefinition, CommandLine, MainContext } from '@holdfast/host/cli';
import { serveCommand } from './serve/serve-command.ts';
import {
  inspectCommand,
  listCommand,
  locksCommand,
  resetCommand,
  sweepCommand,
  undoCommand,
  validateCommand,
  whoCommand,
} from './state-commands.ts';

export interface StateCommand {
  readonly word: string;
  readonly definition: CommandDefinition;
  /** @returns the exit status */
  readonly run: (line: CommandLine, context: MainContext) => Promise<number>;
}

const commands: readonly StateCommand[] = [
  {
    word: 'list',
    definition: listCommand,
    run: async (line) => (await import('./look/list.ts')).list(line),
  },
  {
    word: 'inspect',
    definition: inspectCommand,
    run: async (line) => (await import('./look/inspect.ts')).inspect(line),
  },
  {
    word: 'validate',
    definition: validateCommand,
    run: async (line, context) => (await import('./look/validate.ts')).validate(line, context),
  },
  {
    word: 'reset',
    definition: resetCommand,
    run: async (line, context) => (await import('./change/reset.ts')).reset(line, context),
  },
  {
    word: 'undo',
    definition: undoCommand,
    run: async (line, context) => (await import('./change/undo.ts')).undo(line, context),
  },
  {
    word: 'sweep',
    definition: sweepCommand,
    run: async (line, context) => (await import('./change/sweep.ts')).sweep(line, context),
  },
  {
    word: 'locks',
    definition: locksCommand,
    run: async (line) => (await import('./look/locks.ts')).locks(line),
  },
  {
    word: 'who',
    definition: whoCommand,
    run: async (line) => (await import('./look/who.ts')).who(line),
  },
  {
    word: 'serve',
    definition: serveCommand,
    run: async (line, context) => (await import('./serve/serve.ts')).serve(line, context),
  },
];

export function findCommand(
  words: readonly string[],
): { readonly command: StateCommand; readonly rest: readonly string[] } | undefined {
  const command = commands.find(({ word }) => word === words[0]);
  return command === undefined ? undefined : { command, rest: words.slice(1) };
}

export function describeCommands(): string {
  const width = Math.max(...commands.map(({ word }) => word.length));
  const lines = commands.map(
    ({ word, definition }) => `  runtime-state ${word.padEnd(width)}  ${definition.describe}`,
  );
  const more = 'runtime-state COMMAND --help tells the options of each.';
  return `Usage: runtime-state COMMAND [options]\n\n${lines.join('\n')}\n\n${more}\n`;
}
