/** The command lines of `holdfast lock …`. */
import type { CommandDefinition, Operand } from '@holdfast/host/cli';
import {
  json,
  lockBackend,
  lockTimeout,
  nonEmpty,
  oneOf,
  onOrOff,
  progress,
  type Setting,
  type SettingTable,
  stateSettings,
} from '@holdfast/host/config';

const switchOfCall = { parse: onOrOff, fallback: false, isPersistent: false } as const;

/** What every lock command needs to find the locks. */
export const lockSettings = {
  ...stateSettings,
  lockDir: {
    flag: '--lock-dir',
    argument: 'dir',
    describe: 'directory of the lock files (default: locks in the state directory)',
    parse: nonEmpty,
    fallback: undefined,
    // For one call only: the programs whose locks these are take theirs from the state directory.
    isPersistent: false,
  } as Setting<string | undefined>,
  lockBackend,
  json,
} satisfies SettingTable;

export const lockRunSettings = {
  ...lockSettings,
  lockTimeout: lockTimeout(30_000),
  progress,
  shared: {
    ...switchOfCall,
    flag: '--shared',
    describe: 'lock for reading: beside other readers, not beside a writer',
  } as Setting<boolean>,
  priority: {
    flag: '--priority',
    argument: 'class',
    describe: 'interactive (the default), or background, which lets interactive waiters pass',
    parse: oneOf('interactive', 'background'),
    fallback: 'interactive',
    isPersistent: false,
  } as Setting<'interactive' | 'background'>,
  purpose: {
    flag: '--purpose',
    argument: 'text',
    describe:
      'what others are told that the holder does (default: the name of the program, without arguments)',
    parse: nonEmpty,
    fallback: undefined,
    isPersistent: false,
  } as Setting<string | undefined>,
  fence: {
    ...switchOfCall,
    flag: '--fence',
    describe: 'allot a generation and give it to the program as HOLDFAST_FENCE',
  } as Setting<boolean>,
  close: {
    ...switchOfCall,
    flag: '--close',
    short: '-o',
    describe: 'do not hand the lock to the program: what it leaves running does not keep it',
  } as Setting<boolean>,
  report: {
    flag: '--report',
    argument: 'file',
    describe: 'write the JSON document of the run to this file',
    parse: nonEmpty,
    fallback: undefined,
    isPersistent: false,
  } as Setting<string | undefined>,
  json: { ...json, describe: 'end with one line of JSON on stderr; stdout is that of the program' },
} satisfies SettingTable;

export const lockLsSettings = {
  ...lockSettings,
  all: { ...switchOfCall, flag: '--all', describe: 'list free locks too' } as Setting<boolean>,
} satisfies SettingTable;

export const lockPathSettings = {
  ...lockSettings,
  create: {
    ...switchOfCall,
    flag: '--create',
    describe: 'make directory and file when they are missing, private to this user',
  } as Setting<boolean>,
} satisfies SettingTable;

export const lockVerifySettings = {
  ...stateSettings,
  lockBackend,
  progress,
  json,
  processes: {
    flag: '--processes',
    argument: 'n',
    describe: 'processes that lock at the same time, 2 to 64 (default: 4)',
    parse: wholeNumber(2, 64),
    fallback: 4,
    isPersistent: false,
  } as Setting<number>,
  rounds: {
    flag: '--rounds',
    argument: 'n',
    describe: 'holds of each process at most (default: 2000)',
    parse: wholeNumber(1, 10_000_000),
    fallback: 2_000,
    isPersistent: false,
  } as Setting<number>,
  seconds: {
    flag: '--seconds',
    argument: 'n',
    describe: 'how long at most (default: 30)',
    parse: wholeNumber(1, 86_400),
    fallback: 30,
    isPersistent: false,
  } as Setting<number>,
} satisfies SettingTable;

const scopeOperand: Operand = { name: 'scope', describe: 'name of the lock, such as policy:gw1' };

const statusOfQuestion =
  'Exit status: 0 answered, 64 usage, 69 no such locks here, 73 lock directory, 78 configuration';

export const lockRunCommand: CommandDefinition = {
  name: 'holdfast lock run',
  describe: 'Run a program while a lock is held.',
  settings: lockRunSettings,
  operands: [scopeOperand],
  runsProgram: true,
  epilogue: `The program runs without a shell, on our stdin, stdout and stderr and whatever else is open (3>file, the jobserver
of make), with HOLDFAST_SCOPE set. With the flock backend it inherits the lock: when we are killed, the lock is held
until the program has ended. The lockfile backend cannot do that, and says so before it runs one.

INT, TERM, HUP and QUIT are passed on. On a terminal Ctrl-C and Ctrl-\\ reach the program by themselves: there an INT or QUIT
that somebody sends to us alone is taken for one of them, so send TERM, or send it to the program. Ignored signals are
not inherited, because the runtime gives each its default back: write lock run SCOPE -- nohup PROGRAM.

HOLDFAST_LOCK_HELD tells a run inside this one what is held: it refuses a lock that would wait for itself.

Exit status: that of the program, or 128 + the number of the signal that ended it; else
  64   usage            69   no such lock here          70   held by the run around this one
  73   lock directory   74   the lock was lost          75   not got in time
  78   configuration   126   the program cannot be run, or not for lack of descriptors, processes or memory
  127  no such program  130  interrupted while waiting  143  stopped (TERM, HUP) while waiting

Examples:
  holdfast lock run backup --lock-timeout 0 -- rsync -a /srv /mnt/backup
  holdfast lock run policy:gw1 --state-dir /var/lib/holdfast -- sh -c 'nft list ruleset > /tmp/rules'`,
};

const sightOfHolders = `In a pid namespace of its own, such as a container, the kernel hides holders outside of it: then a lock without a known
holder is not called free, and seesAllHolders is false in the document.`;

export const lockWhoCommand: CommandDefinition = {
  name: 'holdfast lock who',
  describe: 'Tell who holds a lock and who waits for it.',
  settings: lockSettings,
  operands: [scopeOperand],
  epilogue: `${sightOfHolders}

${statusOfQuestion}`,
};

export const lockLsCommand: CommandDefinition = {
  name: 'holdfast lock ls',
  describe: 'List the locks that are held, with holders and waiters.',
  settings: lockLsSettings,
  epilogue: `A lock file is named after a readable beginning of its scope and a hash; the scope itself is stored nowhere.
${sightOfHolders}

${statusOfQuestion}`,
};

export const lockPathCommand: CommandDefinition = {
  name: 'holdfast lock path',
  describe: 'Print the lock file of a scope, for flock(1) in a shell script.',
  settings: lockPathSettings,
  operands: [scopeOperand],
  epilogue: `Example:
  flock --timeout 5 "$(holdfast lock path --create policy:gw1)" nft list ruleset

${statusOfQuestion}`,
};

export const lockVerifyCommand: CommandDefinition = {
  name: 'holdfast lock verify',
  describe: 'Let several processes lock in a directory and tell whether they excluded each other.',
  settings: lockVerifySettings,
  operands: [{ name: 'dir', describe: 'an existing directory on the file system in question' }],
  epilogue: `Works in a directory of its own inside <dir>, which is removed afterwards; what a killed one
of this user has left is removed by the next. What other hosts do there is not tested.

Exit status: 0 they did, 69 they did not or cannot lock there, 64 usage, 73 the directory cannot be used,
75 a process never got its turn, 130 interrupted`,
};

/** One of the processes of `lock verify`, which tells it everything in its operand. */
export const lockVerifyWorkerCommand: CommandDefinition = {
  name: 'holdfast lock verify-worker',
  describe: 'One process of lock verify.',
  settings: {},
  operands: [{ name: 'job', describe: 'JSON' }],
  epilogue: '',
};

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new Error(`"${text.slice(0, 40)}" is no number from ${least} to ${most}`);
  };
}
