/** The commands of `holdfast`, by the words that call them. Each is loaded when it is called. */
import type { CommandDefinition, CommandLine, MainContext } from '@holdfast/host/cli';
import { dbMigrateCommand, dbRollbackCommand, dbSeedCommand, dbStatusCommand } from './db/db-command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { explainCommand } from './explain/explain-command.ts';
import {
  lockLsCommand,
  lockPathCommand,
  lockRunCommand,
  lockVerifyCommand,
  lockVerifyWorkerCommand,
  lockWhoCommand,
} from './lock/lock-command.ts';
import type { ProcessStart } from './lock/process-start.ts';

export interface OperatorContext extends MainContext {
  readonly start: ProcessStart;
}

export interface OperatorCommand {
  readonly words: readonly string[];
  readonly definition: CommandDefinition;
  /** Called by another command only, and in no list. */
  readonly isHidden?: boolean;
  /** @returns the exit status */
  readonly run: (line: CommandLine, context: OperatorContext) => Promise<number>;
}

const commands: readonly OperatorCommand[] = [
  {
    words: ['db', 'migrate'],
    definition: dbMigrateCommand,
    run: async (line) => (await import('./db/db-migrate.ts')).dbMigrate(line),
  },
  {
    words: ['db', 'status'],
    definition: dbStatusCommand,
    run: async (line) => (await import('./db/db-status.ts')).dbStatus(line),
  },
  {
    words: ['db', 'rollback'],
    definition: dbRollbackCommand,
    run: async (line) => (await import('./db/db-rollback.ts')).dbRollback(line),
  },
  {
    words: ['db', 'seed'],
    definition: dbSeedCommand,
    run: async (line) => (await import('./db/db-seed.ts')).dbSeed(line),
  },
  {
    words: ['explain'],
    definition: explainCommand,
    run: async (line) => (await import('./explain/explain.ts')).explain(line),
  },
  {
    words: ['doctor'],
    definition: doctorCommand,
    run: async (line, context) => (await import('./doctor/doctor.ts')).doctor(line, context),
  },
  {
    words: ['lock', 'run'],
    definition: lockRunCommand,
    run: async (line, context) => (await import('./lock/lock-run.ts')).lockRun(line, context),
  },
  {
    words: ['lock', 'who'],
    definition: lockWhoCommand,
    run: async (line) => (await import('./lock/lock-who.ts')).lockWho(line),
  },
  {
    words: ['lock', 'ls'],
    definition: lockLsCommand,
    run: async (line) => (await import('./lock/lock-ls.ts')).lockLs(line),
  },
  {
    words: ['lock', 'path'],
    definition: lockPathCommand,
    run: async (line) => (await import('./lock/lock-path.ts')).lockPath(line),
  },
  {
    words: ['lock', 'verify'],
    definition: lockVerifyCommand,
    run: async (line, context) => (await import('./lock/verify/lock-verify.ts')).lockVerify(line, context),
  },
  {
    words: ['lock', 'verify-worker'],
    definition: lockVerifyWorkerCommand,
    isHidden: true,
    run: async (line, context) =>
      (await import('./lock/verify/verify-worker.ts')).verifyWorker(line, context),
  },
];

export function findCommand(
  words: readonly string[],
): { readonly command: OperatorCommand; readonly rest: readonly string[] } | undefined {
  const command = commands.find((candidate) => candidate.words.every((word, place) => words[place] === word));
  return command === undefined ? undefined : { command, rest: words.slice(command.words.length) };
}

/** The list of the commands that begin with these words; undefined when none does. */
export function describeCommands(words: readonly string[]): string | undefined {
  const listed = commands.filter(
    (command) => command.isHidden !== true && words.every((word, place) => command.words[place] === word),
  );
  if (listed.length === 0) return undefined;
  const width = Math.max(...listed.map((command) => command.words.join(' ').length));
  const lines = listed.map(
    (command) => `  holdfast ${command.words.join(' ').padEnd(width)}  ${command.definition.describe}`,
  );
  return `Usage: holdfast COMMAND [options]\n\n${lines.join('\n')}\n\nholdfast COMMAND --help tells the options of each.\n`;
}
