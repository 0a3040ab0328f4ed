/** metadata-cache: finds the command, parses, runs, exits. Everything heavy is loaded after the line has been understood. */
import { HoldfastError } from '@holdfast/base';
import { type CommandLine, parseCommand, refuseLine, runMain } from '@holdfast/host/cli';
import { type CacheCommand, commands, describeCommands } from './commands.ts';
import { parseWithOptional } from './optional-operand.ts';

await runMain(async (context) => {
  const [word = '', ...words] = wordsOf(process.argv.slice(2));
  const command = commands.find((candidate) => candidate.word === word);
  if (command === undefined) return help(word);
  let line: CommandLine | undefined;
  try {
    line = parse(command, words);
  } catch (error) {
    return refuseLine(command.definition, words, error);
  }
  return line === undefined ? 0 : command.run({ flags: line.flags, word: line.operands[0] }, context);
});

/** `metadata-cache help refresh` is another way to say `metadata-cache refresh --help`. */
function wordsOf(typed: readonly string[]): readonly string[] {
  return typed[0] === 'help' && typed.length > 1 ? [...typed.slice(1), '--help'] : typed;
}

function parse({ definition, operand }: CacheCommand, words: readonly string[]): CommandLine | undefined {
  return operand === undefined
    ? parseCommand(definition, words)
    : parseWithOptional(definition, operand, words);
}

function help(word: string): number {
  if (!['', 'help', '--help', '-h'].includes(word))
    throw new HoldfastError('USAGE', `there is no command ${JSON.stringify(word.slice(0, 40))}`);
  process.stdout.write(describeCommands());
  return 0;
}
