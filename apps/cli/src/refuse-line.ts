/**
 * A command line that cannot be read, explained where the command would have answered: as a document when it would have been
 * one, which has to be known before the line has been read.
 */
import { asHoldfastError, type CommandDefinition } from '@holdfast/host/cli';
import { isSwitchedOn, json } from '@holdfast/host/config';
import { errorDocument, printDocument } from './lock/answer.ts';
import { noRun, openReport } from './lock/run-report.ts';

/**
 * @param words - of the call, behind the command's own
 * @returns the exit status
 * @throws `error`, for `runMain` to explain, when no document is wanted
 */
export function refuseLine(definition: CommandDefinition, words: readonly string[], error: unknown): number {
  if (!isDocumentWanted(definition, words)) throw error;
  const known = asHoldfastError(error);
  const document = errorDocument(known);
  if (definition.runsProgram !== true) {
    printDocument({ error: document });
    return known.exit;
  }
  using sink = openReport(undefined, true);
  sink.write({ ...noRun, status: known.exit, error: document });
  return known.exit;
}

function isDocumentWanted({ settings, runsProgram }: CommandDefinition, words: readonly string[]): boolean {
  if (settings.json === undefined) return false;
  const end = runsProgram === true ? words.indexOf('--') : -1;
  const own = end === -1 ? words : words.slice(0, end);
  return isSwitchedOn(json, own.includes(json.flag) ? { json: 'true' } : {});
}
