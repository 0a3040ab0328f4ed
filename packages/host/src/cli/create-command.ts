/**
 * A command line from a table of settings, by commander. Unknown flags, missing arguments and surplus words become
 * USAGE (64) with one line on stderr; `--help` and `--version` answer on stdout.
 *
 * What follows `--` belongs to a program that the command runs, where it runs one: nothing there is taken for a flag.
 */
import { HoldfastError } from '@holdfast/base';
import { Command, CommanderError, Option } from 'commander';
import { keyOf, type SettingTable, variableOf } from '../config/index.ts';

export interface CommandDefinition {
  readonly name: string;
  readonly describe: string;
  readonly settings: SettingTable;
  /** Words that are no flags, each required. */
  readonly operands?: readonly Operand[];
  /** Whether `-- PROGRAM [ARGUMENT...]` follows, which is required then. */
  readonly runsProgram?: boolean;
  /** Printed after the options: examples, exit codes. */
  readonly epilogue: string;
}

export interface Operand {
  readonly name: string;
  /** One line for the help. */
  readonly describe: string;
}

export interface CommandLine {
  /** Text of each flag that was given, by key. */
  readonly flags: Readonly<Record<string, string>>;
  /** As many as the definition has. */
  readonly operands: readonly string[];
  /** The words behind `--`: a program and its arguments; empty unless the command runs one. */
  readonly program: readonly string[];
}

/**
 * @returns the text of each flag that was given, by key; undefined when help or version was printed instead
 * @throws HoldfastError USAGE
 */
export function parseCommandLine(
  definition: CommandDefinition,
  words: readonly string[],
): CommandLine['flags'] | undefined {
  return parseCommand(definition, words)?.flags;
}

/** As `parseCommandLine`, for a command with operands or a program. */
export function parseCommand(
  definition: CommandDefinition,
  words: readonly string[],
): CommandLine | undefined {
  const { own, program } = splitProgram(definition, words);
  const command = commandOf(definition);
  try {
    command.parse(own, { from: 'user' });
  } catch (error) {
    return refuse(error, definition.runsProgram === true && !words.includes('--'));
  }
  if (definition.runsProgram === true && (program[0] ?? '') === '')
    throw new HoldfastError('USAGE', `${definition.name} needs -- and the program to run behind it`);
  return { flags: flagsOf(definition, command.opts()), operands: command.args, program };
}

function splitProgram(definition: CommandDefinition, words: readonly string[]) {
  const place = definition.runsProgram === true ? words.indexOf('--') : -1;
  if (place === -1) return { own: words, program: [] };
  return { own: words.slice(0, place), program: words.slice(place + 1) };
}

function commandOf(definition: CommandDefinition): Command {
  const command = new Command(definition.name)
    .description(definition.describe)
    .option('-V, --version', 'print the version') // answered by the launcher, before this is loaded
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\n${describeSources(definition.settings)}\n\n${definition.epilogue}`)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
    .allowExcessArguments(false);
  for (const { flag, short, argument, describe } of Object.values(definition.settings)) {
    const spelled = short === undefined ? flag : `${short}, ${flag}`;
    command.addOption(new Option(argument === undefined ? spelled : `${spelled} <${argument}>`, describe));
  }
  const operands = definition.operands ?? [];
  for (const { name, describe } of operands) command.argument(`<${name}>`, describe);
  const placed = operands.map(({ name }) => ` <${name}>`).join('');
  const program = definition.runsProgram === true ? ' -- <program> [argument...]' : '';
  return command.usage(`[options]${placed}${program}`);
}

function flagsOf(
  { settings }: CommandDefinition,
  given: Readonly<Record<string, string | boolean>>,
): CommandLine['flags'] {
  return Object.fromEntries(
    Object.values(settings)
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

/** @param lacksProgram - without `--` the words of a program are taken for our own: what is wrong with them is beside the point */
function refuse(error: unknown, lacksProgram: boolean): undefined {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return undefined;
  const found = error.message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  const missing = '-- is missing before the program';
  if (!lacksProgram) throw new HoldfastError('USAGE', found);
  const isSurplus = error.code === 'commander.excessArguments';
  throw new HoldfastError('USAGE', isSurplus ? missing : `${found}; ${missing}`);
}
