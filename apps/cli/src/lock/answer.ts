/** What a question is answered with: lines for a person or one document for a program, on stdout. Failures alike. */
import type { HoldfastError } from '@holdfast/base';
import { asHoldfastError, type CommandLine, explain, printable } from '@holdfast/host/cli';
import {
  isSwitchedOn,
  type json,
  type LoadedSettings,
  loadSettings,
  type SettingTable,
  type stateSettings,
} from '@holdfast/host/config';

export interface Answer {
  readonly document: object;
  readonly lines: readonly string[];
  /** An answer that is a failure: it is printed whole, and explained. */
  readonly failure?: HoldfastError;
}

type AnswerTable = SettingTable & typeof stateSettings & { readonly json: typeof json };

/**
 * Loads the settings of the call, asks, prints. A failure is printed as `{ "error": … }` when a document is wanted.
 *
 * @returns the exit status
 * @throws whatever `ask` throws, for `runMain` to explain, when lines are wanted
 */
export async function answer<Table extends AnswerTable>(
  table: Table,
  { flags }: CommandLine,
  ask: (settings: LoadedSettings<Table>) => Answer | Promise<Answer>,
): Promise<number> {
  let isJson = isSwitchedOn(table.json, flags);
  try {
    const settings = loadSettings(table, flags);
    isJson = (settings as LoadedSettings<AnswerTable>).json.value;
    const { document, lines, failure } = await ask(settings);
    if (isJson)
      printDocument({ ...document, ...(failure === undefined ? {} : { error: errorDocument(failure) }) });
    else for (const line of lines) process.stdout.write(`${printable(line)}\n`);
    if (failure === undefined || isJson) return failure?.exit ?? 0;
    return explain(failure);
  } catch (thrown) {
    if (!isJson) throw thrown;
    const error = asHoldfastError(thrown);
    printDocument({ error: errorDocument(error) });
    return error.exit;
  }
}

export function errorDocument({ code, message, hint, details }: HoldfastError) {
  return { code, message, hint, details };
}

/** On stdout, for people too: with line breaks. */
export function printDocument(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
