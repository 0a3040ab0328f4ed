/** holdfast: finds the command, parses, runs, exits. */
import { HoldfastError } from '@holdfast/base';
import { type CommandLine, parseCommand, runMain } from '@holdfast/host/cli';
import { describeCommands, findCommand } from './commands.ts';
import { processStart } from './lock/process-start.ts';
import { refuse } from './refuse-line.ts';

const start = processStart();

await runMain(async (context) => {
  const words = wordsOf(process.argv.slice(2));
  const found = findCommand(words);
  if (found === undefined) return list(words);
  const { definition, run } = found.command;
  let line: CommandLine | undefined;
  try {
    line = parseCommand(definition, found.rest);
  } catch (error) {
    return refuse(definition, found.rest, error);
  }
  return line === undefined ? 0 : run(line, { ...context, start });
});

/** `holdfast help db seed` is another way to say `holdfast db seed --help`. */
function wordsOf(typed: readonly string[]): readonly string[] {
  return typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed;
}

/** Words that no command is called by ask for a list, if some command begins with them. */
function list(words: readonly string[]): number {
  const isHelp = ['--help', '-h'].includes(words.at(-1) ?? '');
  const text = describeCommands(isHelp ? words.slice(0, -1) : words);
  if (text === undefined) {
    throw new HoldfastError('USAGE', `there is no command "${words.slice(0, 2).join(' ')}"`);
  }
  process.stdout.write(text);
  return 0;
}
