/** The command lines of `runtime-state`. */
import type { CommandDefinition, Operand } from '@holdfast/host/cli';
import {
  inspectSettings,
  resetSettings,
  storeSettings,
  sweepSettings,
  undoSettings,
  validateSettings,
} from './store-settings.ts';

const areaOperand: Operand = {
  name: 'area',
  describe: 'rate-limit, captcha, token:PROFILE or salt:ip, as runtime-state list has them',
};

const statusOfLook =
  'Exit status: 0 answered, 64 usage, 73 no state directory, 74 a file cannot be read, 78 configuration';

const statusOfWork = `Exit status:
  0    done, or nothing to do
  64   usage             65   a document or a reset is damaged
  73   state directory   74   a file cannot be read or written
  75   a lock was not free in time; nothing was changed that is not told
  78   configuration, or a later version wrote it
  130  interrupted       143  terminated`;

export const listCommand: CommandDefinition = {
  name: 'runtime-state list',
  describe: 'List the stores of this host, and the resets that can be undone.',
  settings: storeSettings,
  epilogue: `Takes no lock. Secrets are never shown.

${statusOfLook}

Examples:
  runtime-state list
  runtime-state list --json | jq '.resets[] | select(.status == "undoable") | .id'`,
};

export const inspectCommand: CommandDefinition = {
  name: 'runtime-state inspect',
  describe: 'Show the documents of a store and what is in them, without secrets.',
  settings: inspectSettings,
  operands: [areaOperand],
  epilogue: `Entries are called by the hash of their key: whose they are is stored nowhere. Takes no lock.

${statusOfLook}

Examples:
  runtime-state inspect salt:ip
  runtime-state inspect token:panel --document token/panel/families/3f/a2.json --json`,
};

export const validateCommand: CommandDefinition = {
  name: 'runtime-state validate',
  describe:
    'Read every document of every store, and tell what a steward would do with those that are damaged.',
  settings: validateSettings,
  epilogue: `Takes no lock and changes nothing.

Exit status: 0 all are whole, 65 some are damaged, 74 some cannot be read or a reset is unfinished,
64 usage, 73 no state directory, 78 configuration, or a later version wrote some

Examples:
  runtime-state validate
  runtime-state validate --json | jq '.findings[] | .document'`,
};

export const resetCommand: CommandDefinition = {
  name: 'runtime-state reset',
  describe:
    'Begin a store anew, or what is damaged of it. What was there goes to the trash and can be put back.',
  settings: resetSettings,
  operands: [areaOperand],
  epilogue: `Waits for the locks of the store and its documents, so nobody is at work on them meanwhile. A salt takes the counters
with it, in the same reset. Families that are reset are logged out. Claims of CAPTCHAs that have not expired are not reset:
whoever used one could use it again.

${statusOfWork}
  2    --dry-run: there is something to do
  3    the policy refuses, as the answer says; the rest was done

Examples:
  runtime-state reset salt:ip --dry-run
  runtime-state reset token:panel --damaged
  runtime-state reset rate-limit --document rate-limit/3f/a2.json`,
};

export const undoCommand: CommandDefinition = {
  name: 'runtime-state undo',
  describe: 'Put back what a reset has taken.',
  settings: undoSettings,
  operands: [{ name: 'id', describe: 'of the reset, as runtime-state list has it' }],
  epilogue: `An undo is a reset too, with an id of its own.

${statusOfWork}
  3    what was reset has changed since; --overwrite moves the newer files to the trash

Examples:
  runtime-state undo 20261121T210352000Z-0123456789abcdef-0123456789abcdef
  runtime-state undo ID --overwrite`,
};

export const sweepCommand: CommandDefinition = {
  name: 'runtime-state sweep',
  describe: 'Complete what a killed reset has left, remove what has expired, rotate a salt that is due.',
  settings: sweepSettings,
  epilogue: `Safe beside running stores: a document is held for its own removal only. Damaged documents are counted and left to
runtime-state reset --damaged. The daemon, runtime-state serve, does the same on schedule.

${statusOfWork}

Examples:
  runtime-state sweep
  runtime-state sweep --keep-resets 168h --progress plain`,
};

export const locksCommand: CommandDefinition = {
  name: 'runtime-state locks',
  describe: 'List the locks of the stores that are held, with holders and waiters.',
  settings: storeSettings,
  epilogue: `A lock file is named after the beginning of its scope and a hash. Counters are locked for microseconds: an empty list is
the usual answer.

${statusOfLook}`,
};

export const whoCommand: CommandDefinition = {
  name: 'runtime-state who',
  describe: 'Tell who holds the lock of a store or a document, and who waits for it.',
  settings: storeSettings,
  operands: [{ name: 'scope', describe: 'rate-limit:3fa, captcha, token:panel, salt:ip, …' }],
  epilogue: `${statusOfLook}

Examples:
  runtime-state who salt:ip
  runtime-state who token:panel --json`,
};
