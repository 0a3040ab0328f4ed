/**
 * A command line from a table of settings, by commander. Unknown flags, missing arguments and surplus words become
 * USAGE (64) with one line on stderr; `--help` and `--version` answer on stdout.
 */
import { HoldfastError } from '@holdfast/base';
import { Command, CommanderError, Option } from 'commander';
import { keyOf, type SettingTable, variableOf } from '../config/index.ts';

export interface CommandDefinition {
  readonly name: string;
  readonly describe: string;
  readonly settings: SettingTable;
  /** Printed after the options: examples, exit codes. */
  readonly epilogue: string;
}

/**
 * @returns the text of each flag that was given, by key; undefined when help or version was printed instead
 * @throws HoldfastError USAGE
 */
export function parseCommandLine(
  definition: CommandDefinition,
  words: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const command = new Command(definition.name)
    .description(definition.describe)
    .option('-V, --version', 'print the version') // answered by the launcher, before this is loaded
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\n${describeSources(definition.settings)}\n\n${definition.epilogue}`)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
    .allowExcessArguments(false);
  for (const setting of Object.values(definition.settings)) {
    const flags = setting.argument === undefined ? setting.flag : `${setting.flag} <${setting.argument}>`;
    command.addOption(new Option(flags, setting.describe));
  }
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    return refuse(error);
  }
  const given = command.opts<Record<string, string | boolean>>();
  return Object.fromEntries(
    Object.values(definition.settings)
      .map((setting) => keyOf(setting.flag))
      .flatMap((key) => (given[key] === undefined ? [] : [[key, String(given[key])]])),
  );
}

/** Where else a setting may be said, by the example of the first that may. */
function describeSources(settings: SettingTable): string {
  const once = Object.values(settings).filter(({ isPersistent }) => isPersistent === false);
  const example = Object.values(settings).find(
    ({ flag, isPersistent }) => isPersistent !== false && /\w-/.test(flag),
  );
  if (example === undefined) return '';
  const except = once.length === 0 ? '' : `,\nexcept ${once.map(({ flag }) => flag).join(', ')}`;
  return `Each option is also a variable (${example.flag} is ${variableOf(example.flag)}) and a key of the\nconfiguration file (${keyOf(example.flag)})${except}. Flag wins over variable over file.`;
}

function refuse(error: unknown): undefined {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return undefined;
  throw new HoldfastError(
    'USAGE',
    error.message
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim(),
  );
}
