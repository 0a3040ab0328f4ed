/** A command line of flags alone, with the parser loaded only for one that is not plain. */
import type { CommandDefinition, CommandLine } from './create-command.ts';
import { plainFlags } from './plain-flags.ts';

/**
 * @returns the text of each flag that was given, by key; undefined when help or version was printed instead
 * @throws HoldfastError USAGE
 */
export async function readCommandLine(
  definition: CommandDefinition,
  words: readonly string[],
): Promise<CommandLine['flags'] | undefined> {
  const flags = plainFlags(definition, words);
  if (flags !== undefined) return flags;
  const { parseCommandLine } = await import('./create-command.ts');
  return parseCommandLine(definition, words);
}
