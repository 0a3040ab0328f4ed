/** holdfast: finds the command, parses, runs, exits. */
import { HoldfastError } from '@holdfast/base';
import { parseCommand, runMain } from '@holdfast/host/cli';
import { describeCommands, findCommand } from './commands.ts';

await runMain(async (context) => {
  const words = wordsOf(process.argv.slice(2));
  const found = findCommand(words);
  if (found === undefined) return list(words);
  const line = parseCommand(found.command.definition, found.rest);
  if (line === undefined) return 0;
  return found.command.run(line, context);
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
