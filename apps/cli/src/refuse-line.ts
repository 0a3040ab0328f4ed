/** A command line that cannot be read: that of a command which runs a program is answered with the report of no run. */
import {
  asHoldfastError,
  type CommandDefinition,
  errorDocument,
  isDocumentWanted,
  refuseLine,
} from '@holdfast/host/cli';
import { noRun, openReport } from './lock/run-report.ts';

/**
 * @param words - of the call, behind the command's own
 * @returns the exit status
 * @throws `error`, for `runMain` to explain, when no document is wanted
 */
export function refuse(definition: CommandDefinition, words: readonly string[], error: unknown): number {
  if (definition.runsProgram !== true || !isDocumentWanted(definition, words))
    return refuseLine(definition, words, error);
  const known = asHoldfastError(error);
  using sink = openReport(undefined, true);
  sink.write({ ...noRun, status: known.exit, error: errorDocument(known) });
  return known.exit;
}
