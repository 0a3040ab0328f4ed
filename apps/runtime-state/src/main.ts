/** runtime-state: finds the command, parses, runs, exits. Everything heavy is loaded after the line has been understood. */
import { HoldfastError } from '@holdfast/base';
import { type CommandLine, parseCommand, refuseLine, runMain } from '@holdfast/host/cli';
import { describeCommands, findCommand } from './commands.ts';

await runMain(async (context) => {
  const words = wordsOf(process.argv.slice(2));
  const found = findCommand(words);
  if (found === undefined) return list(words);
  const { definition, run } = found.command;
  let line: CommandLine | undefined;
  try {
    line = parseCommand(definition, found.rest);
  } catch (error) {
    return refuseLine(definition, found.rest, error);
  }
  return line === undefined ? 0 : run(line, context);
});

/** `runtime-state help sweep` is another way to say `runtime-state sweep --help`. */
function wordsOf(typed: readonly string[]): readonly string[] {
  return typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed;
}

/** Words that no command is called by ask for the list, when there are none. */
function list(words: readonly string[]): number {
  const [first] = words;
  if (first !== undefined && !['--help', '-h'].includes(first))
    throw new HoldfastError('USAGE', `there is no command "${first.slice(0, 40)}"`);
  process.stdout.write(describeCommands());
  return 0;
}
