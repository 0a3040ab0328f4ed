/** A command line with one word that may be left out, and is another spelling of a flag where it is there. */
import { isHoldfastError } from '@holdfast/base';
import { type CommandDefinition, type CommandLine, type Operand, parseCommand } from '@holdfast/host/cli';

/** @throws HoldfastError USAGE */
export function parseWithOptional(
  definition: CommandDefinition,
  operand: Operand,
  words: readonly string[],
): CommandLine | undefined {
  try {
    return parseCommand(definition, words);
  } catch (error) {
    // A surplus word, or anything else, which is then wrong with the word allowed as well.
    if (!isHoldfastError(error, 'USAGE')) throw error;
    return parseCommand({ ...definition, operands: [operand] }, words);
  }
}
