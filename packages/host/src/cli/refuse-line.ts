/**
 * A command line that cannot be read, explained where the command would have answered: as a document when it would have been
 * one, which has to be known before the line has been read.
 */
import { isSwitchedOn, json } from '../config/index.ts';
import { printError } from './answer.ts';
import type { CommandDefinition } from './create-command.ts';

/**
 * @param words - of the call, behind the command's own
 * @returns the exit status
 * @throws `error`, for `runMain` to explain, when no document is wanted
 */
export function refuseLine(definition: CommandDefinition, words: readonly string[], error: unknown): number {
  if (!isDocumentWanted(definition, words)) throw error;
  return printError(error);
}

/** Words behind `--` are those of the program that the command runs. */
export function isDocumentWanted(
  { settings, runsProgram }: CommandDefinition,
  words: readonly string[],
): boolean {
  if (settings.json === undefined) return false;
  const end = runsProgram === true ? words.indexOf('--') : -1;
  const own = end === -1 ? words : words.slice(0, end);
  return isSwitchedOn(json, own.includes(json.flag) ? { json: 'true' } : {});
}
