/**
 * What an operator is answered: lines, or with `--json` one document on stdout, failures alike. Truth is opened for the one
 * question and never created.
 */
import { join, resolve } from 'node:path';
import { asHoldfastError, type CommandLine, printable } from '@holdfast/host/cli';
import {
  isSwitchedOn,
  type json,
  type LoadedSettings,
  loadSettings,
  type placeSettings,
  type SettingTable,
} from '@holdfast/host/config';
import { assertSchema, openTruth, type Truth } from '@holdfast/truth-db';

export interface OperatorAnswer {
  readonly document: object;
  readonly lines: readonly string[];
}

type OperatorTable = SettingTable & typeof placeSettings & { readonly json: typeof json };

/**
 * @returns the exit status
 * @throws whatever `ask` throws, for `runMain` to explain, when lines are wanted
 */
export async function answerOperator<Table extends OperatorTable>(
  table: Table,
  { flags }: CommandLine,
  ask: (truth: Truth, settings: LoadedSettings<Table>) => Promise<OperatorAnswer>,
): Promise<number> {
  let isJson = isSwitchedOn(table.json, flags);
  try {
    const settings = loadSettings(table, flags);
    const place = settings as LoadedSettings<OperatorTable>;
    isJson = place.json.value;
    const url = place.database.value ?? `sqlite:${join(resolve(place.stateDirectory), 'truth.sqlite')}`;
    await using truth = openTruth(url, { create: false });
    await assertSchema(truth);
    const { document, lines } = await ask(truth, settings);
    if (isJson) print(document);
    else for (const line of lines) process.stdout.write(`${printable(line)}\n`);
    return 0;
  } catch (thrown) {
    if (!isJson) throw thrown;
    const { code, message, hint, details, exit } = asHoldfastError(thrown);
    print({ error: { code, message, hint, details } });
    return exit;
  }
}

/** For people too: with line breaks. */
function print(document: object): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
