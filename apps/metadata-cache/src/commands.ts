/** The commands of `metadata-cache`. Each is loaded when it is called. */
import type { CommandDefinition, MainContext, Operand } from '@holdfast/host/cli';
import { clearCommand } from './clear-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { listCommand, showCommand } from './read/read-command.ts';
import { refreshCommand } from './refresh/refresh-command.ts';

export interface CacheCall {
  readonly flags: Readonly<Record<string, string>>;
  /** The word that may be left out. */
  readonly word: string | undefined;
}

export interface CacheCommand {
  readonly word: string;
  readonly definition: CommandDefinition;
  /** A word that may be left out. */
  readonly operand?: Operand;
  /** @returns the exit status */
  readonly run: (call: CacheCall, context: MainContext) => Promise<number>;
}

const source: Operand = { name: 'source', describe: 'the same as --source' };
const distribution: Operand = { name: 'distribution', describe: 'name of a distribution' };

export const commands: readonly CacheCommand[] = [
  {
    word: 'refresh',
    definition: refreshCommand,
    operand: source,
    run: async (call, context) => (await import('./refresh/refresh.ts')).refresh(withSource(call), context),
  },
  {
    word: 'list',
    definition: listCommand,
    operand: source,
    run: async (call, context) => (await import('./read/list.ts')).list(withSource(call), context),
  },
  {
    word: 'show',
    definition: showCommand,
    operand: distribution,
    run: async ({ flags, word }, context) => (await import('./read/show.ts')).show(word, flags, context),
  },
  {
    word: 'doctor',
    definition: doctorCommand,
    run: async ({ flags }) => (await import('./doctor/doctor.ts')).doctor(flags),
  },
  {
    word: 'clear',
    definition: clearCommand,
    operand: source,
    run: async (call, context) => (await import('./clear.ts')).clear(withSource(call), context),
  },
];

/** The word wins over the flag, as it is nearer to the command. */
function withSource({ flags, word }: CacheCall): CacheCall['flags'] {
  return word === undefined ? flags : { ...flags, source: word };
}

export function describeCommands(): string {
  const width = Math.max(...commands.map(({ word }) => word.length));
  const lines = commands.map(
    ({ word, definition }) => `  metadata-cache ${word.padEnd(width)}  ${definition.describe}`,
  );
  return `Usage: metadata-cache COMMAND [options]\n\n${lines.join('\n')}\n\nmetadata-cache COMMAND --help tells the options of each.\n`;
}
