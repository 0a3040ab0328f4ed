/** What a command answers: lines for a person or one document for a program, on stdout. Failures alike. */
import type { HoldfastError } from '@holdfast/base';
import {
  isSwitchedOn,
  type json,
  type LoadedSettings,
  loadSettings,
  type SettingTable,
  type stateSettings,
} from '../config/index.ts';
import type { CommandLine } from './create-command.ts';
import { asHoldfastError, explain } from './run-main.ts';
import { printable } from './terminal-text.ts';

export interface Answer {
  readonly document: object;
  readonly lines: Iterable<string>;
  /** An answer that is a failure: it is printed whole, and explained. */
  readonly failure?: HoldfastError | undefined;
  /** Exit status where there is no failure. Default 0. */
  readonly exit?: number;
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
  { flags }: Pick<CommandLine, 'flags'>,
  ask: (settings: LoadedSettings<Table>) => Answer | Promise<Answer>,
): Promise<number> {
  let isJson = isSwitchedOn(table.json, flags);
  try {
    const settings = loadSettings(table, flags);
    isJson = (settings as LoadedSettings<AnswerTable>).json.value;
    const { document, lines, failure, exit = 0 } = await ask(settings);
    if (isJson)
      printDocument({ ...document, ...(failure === undefined ? {} : { error: errorDocument(failure) }) });
    else for (const line of lines) process.stdout.write(`${printable(line)}\n`);
    if (failure === undefined) return exit;
    return isJson ? failure.exit : explain(failure);
  } catch (thrown) {
    if (!isJson) throw thrown;
    return printError(thrown);
  }
}

/** @returns the exit status */
export function printError(thrown: unknown): number {
  const error = asHoldfastError(thrown);
  printDocument({ error: errorDocument(error) });
  return error.exit;
}

export function errorDocument({ code, message, hint, details }: HoldfastError) {
  return { code, message, hint, details };
}

/** For people too: with line breaks. */
export function printDocument(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
