/**
 * A command line of the plain form: nothing but long flags of the command, each once, each that takes an argument followed
 * by it. That is how scripts, hooks and units call a command, and telling so takes a hundredth of the time that it takes to
 * load a parser. Of everything else nothing is said here: `undefined` leaves it to the parser, help and mistakes included.
 */
import { keyOf, type Setting, type SettingTable } from '../config/index.ts';
import type { CommandDefinition, CommandLine } from './create-command.ts';

/** @returns what the parser would return; undefined for it to be asked */
export function plainFlags(
  definition: CommandDefinition,
  words: readonly string[],
): CommandLine['flags'] | undefined {
  if (!hasFlagsAlone(definition)) return undefined;
  const { settings } = definition;
  const flags = new Map<string, string>();
  for (let place = 0; place < words.length; ) {
    const setting = plainSetting(settings, words[place]);
    if (setting === undefined || flags.has(setting.flag)) return undefined;
    const text = setting.argument === undefined ? 'true' : words[place + 1];
    if (text === undefined || text.startsWith('-')) return undefined;
    flags.set(setting.flag, text);
    place += setting.argument === undefined ? 1 : 2;
  }
  return Object.fromEntries([...flags].map(([flag, text]) => [keyOf(flag), text]));
}

/** A flag that begins with `--no-` means something of its own to the parser. */
function plainSetting(settings: SettingTable, word: string | undefined): Setting<unknown> | undefined {
  return Object.values(settings).find(({ flag }) => flag === word && !flag.startsWith('--no-'));
}

function hasFlagsAlone({ operands = [], runsProgram = false }: CommandDefinition): boolean {
  return operands.length === 0 && !runsProgram;
}
