/**
 * Every failure a Holdfast package can report: code → exit status and hint. The one place where a code is born.
 *
 * The exit status is what a command ends with when this error reaches its top (DESIGN §6); the hint says what to do
 * now. `docs/errors.md` is generated from this table and checked against it.
 */

export interface ErrorEntry {
  /** Process exit status, after sysexits(3) where one fits. */
  readonly exit: number;
  /** What the reader should do now: one sentence in the imperative. */
  readonly hint: string;
}

export const errorTable = {
  USAGE: { exit: 64, hint: 'Run the command with --help to see its options.' },
  DURATION_INVALID: { exit: 64, hint: 'Write a duration such as 500ms, 5s, 2m, 0 or infinite.' },
  RESET_UNKNOWN: { exit: 64, hint: 'List the resets that can be undone; what was pruned is gone.' },
  SCOPE_INVALID: { exit: 64, hint: 'Use a scope of 1 to 4096 bytes of UTF-8 without control characters.' },

  TRUTH_INVALID: {
    exit: 65,
    hint: 'Correct the rows that are listed; nothing was changed in the dataplane.',
  },
  CONNECTION_UNKNOWN: { exit: 65, hint: 'Look up the id of the connection; rows are never renumbered.' },
  CUSTOMER_UNKNOWN: { exit: 65, hint: 'Look up the id of the customer; rows are never renumbered.' },
  ADMIN_UNKNOWN: { exit: 65, hint: 'Look who there is: vpn-panel admin list.' },
  CLIENT_UNKNOWN: {
    exit: 65,
    hint: 'Check the spelling, and that --database is the right one; an ended session is remembered for a week.',
  },
  SESSION_UNKNOWN: {
    exit: 65,
    hint: 'Look who is connected: vpn-radius-mapper sessions list.',
  },
  CLAIM_TOKEN_UNKNOWN: { exit: 65, hint: 'Type the claim token again, exactly as the device shows it.' },
  DATE_OUT_OF_RANGE: {
    exit: 65,
    hint: 'Choose a date in the future: a grace up to the deadline, a deadline after the old one, ten years at most.',
  },
  EMAIL_INVALID: { exit: 65, hint: 'Write one address such as ana@example.com.' },
  PASSWORD_REFUSED: { exit: 65, hint: 'Choose a password of 8 to 256 characters.' },
  DOCUMENT_INVALID: {
    exit: 65,
    hint: 'Restore the file from a backup, or move it away to start from an empty document.',
  },

  SOURCE_INVALID: {
    exit: 65,
    hint: 'Check that the address is that of the catalogue; what was cached before is still there.',
  },
  SOURCE_TOO_LARGE: { exit: 65, hint: 'Raise --max-size if the source is meant to be so large.' },
  DISTRIBUTION_UNKNOWN: { exit: 65, hint: 'Look up its name: metadata-cache list.' },
  REQUEST_INVALID: {
    exit: 65,
    hint: 'Give FreeRADIUS the files of this version: vpn-radius-mapper raddb install.',
  },
  RECONCILE_INVALID: {
    exit: 65,
    hint: 'Give the gateway and the panel the same version; --reconcile may name something else.',
  },
  RESET_DAMAGED: {
    exit: 65,
    hint: 'Look at the files in its trash generation, put back by hand what is needed, and set the reset aside.',
  },

  DATABASE_UNREACHABLE: {
    exit: 69,
    hint: 'Check that the database is running and that --database is right.',
  },
  DATAPLANE_UNAVAILABLE: {
    exit: 69,
    hint: 'Install nftables and iproute2 (apt-get install nftables iproute2), or use --dataplane recorded.',
  },
  DEVICE_MISSING: { exit: 69, hint: 'Bring the network device up first, or name another one with --device.' },
  LOCK_UNSUPPORTED: {
    exit: 69,
    hint: 'Put the state directory on a local file system, or choose a backend that works there.',
  },
  LOCK_NOT_EXCLUSIVE: {
    exit: 69,
    hint: 'Keep no locks there: choose a local file system, another --lock-backend, or a lock server.',
  },
  LISTEN_FAILED: {
    exit: 69,
    hint: 'Name a free address of this machine with --listen, or --listen none; ss -ltnp shows who has it.',
  },
  SETUP_UNUSABLE: { exit: 69, hint: 'Do what the hint of each check says that failed, then ask again.' },
  CACHE_MISSING: { exit: 69, hint: 'Fetch it first: metadata-cache refresh.' },
  SOURCE_UNAVAILABLE: {
    exit: 69,
    hint: 'Check network, proxy and address, then refresh again; what was cached before is still there.',
  },
  SOURCE_UNTRUSTED: {
    exit: 69,
    hint: 'Check the address and the certificate; name a private authority in NODE_EXTRA_CA_CERTS.',
  },
  RECONCILE_UNREACHABLE: {
    exit: 69,
    hint: 'Start vpn-policy-reconcile --watch, and check that --reconcile names the address it listens on.',
  },
  LOCK_SERVER: { exit: 69, hint: 'Check that the lock server is running, reachable and has room.' },
  STORE_UNREACHABLE: {
    exit: 69,
    hint: 'Check that the Redis server of the runtime stores is running, reachable and has room.',
  },

  INTERNAL: { exit: 70, hint: 'This is a defect in Holdfast. Please report it with the log of this run.' },
  LOCK_REENTRANT: {
    exit: 70,
    hint: 'Pass the hold you already have down instead of locking its scope again.',
  },
  LOCK_CYCLE: {
    exit: 70,
    hint: 'Lock both scopes in one call of run(), which sorts them, or lock them in one order everywhere.',
  },
  LOCK_WRONG_SCOPE: { exit: 70, hint: 'Pass the hold of the scope that guards this file.' },
  LOCK_RELEASED: { exit: 70, hint: 'Do guarded work before the function given to run() settles.' },

  CACHE_DIRECTORY: {
    exit: 73,
    hint: 'Run it as the user that owns the directory, mode 0700, or choose another --state-dir.',
  },
  STATE_DIRECTORY: {
    exit: 73,
    hint: 'Create the directory, or point --state-dir at one that this user can write.',
  },
  LOCK_DIRECTORY: { exit: 73, hint: 'Make the lock directory a real directory of this user, mode 0700.' },
  LOCK_DIRECTORY_MISSING: { exit: 73, hint: 'Create the directory first, or name one that exists.' },
  LOCK_DIRECTORY_OWNER: {
    exit: 73,
    hint: 'Choose a lock directory of your own, or run it as the user that owns this one.',
  },
  LOCK_DIRECTORY_READ_ONLY: {
    exit: 73,
    hint: 'Mount the file system writable and the directory mode 0700, or choose another lock directory.',
  },
  LOCK_DIRECTORY_FULL: {
    exit: 73,
    hint: 'Free some space or inodes on the file system of the lock directory, or choose another one.',
  },

  DATABASE_READ_ONLY: {
    exit: 73,
    hint: 'Make the database writable: the file and its directory, or the server (read_only).',
  },
  DATABASE_FULL: {
    exit: 74,
    hint: 'Free some space where the database keeps its files; nothing was changed.',
  },
  DATABASE_OUTCOME_UNKNOWN: {
    exit: 74,
    hint: 'Look whether the change is there before you repeat it; the database went away at its commit.',
  },
  WRITE_FAILED: {
    exit: 74,
    hint: 'Free some space or correct the permissions, then repeat it; the message says whether the file was replaced.',
  },
  READ_FAILED: { exit: 74, hint: 'Correct the permissions of the file or the health of its file system.' },
  TARGET_REFUSED: { exit: 74, hint: 'Point the path at a regular file; links are followed only on request.' },
  RESET_UNFINISHED: {
    exit: 74,
    hint: 'Correct the cause and resume; that completes the reset or takes all of it back. Else set it aside.',
  },
  DATAPLANE_FAILED: {
    exit: 74,
    hint: 'Run vpn-policy-reconcile --check to see what is live; the next run converges.',
  },
  VERIFY_FAILED: {
    exit: 74,
    hint: 'Something else writes to this table or device; see the drift in the report.',
  },
  LOCK_LOST: {
    exit: 74,
    hint: 'Run it again; the lock file was removed or another holder has taken over.',
  },

  LOCK_BUSY: { exit: 75, hint: 'Wait for the holder, or allow more time with --lock-timeout.' },
  LOGIN_OVERLOAD: {
    exit: 75,
    hint: 'Look at holdfast_radius_queue_seconds and at the database: logins come faster than it answers.',
  },
  LOOK_UNFINISHED: {
    exit: 75,
    hint: 'Ask again in some seconds; a gateway of many sessions takes that long to read.',
  },
  DATABASE_BUSY: { exit: 75, hint: 'Run it again; another transaction held the database too long.' },
  SPOOL_FULL: {
    exit: 75,
    hint: 'Bring the database back, or raise --spool-limit; a NAS repeats what was not acknowledged.',
  },
  RATE_LIMIT_UNAVAILABLE: {
    exit: 75,
    hint: 'Bring the store of the rate limits back; until then each process lets few pass.',
  },
  RESET_STALE: {
    exit: 75,
    hint: 'Look at what changed, then plan the reset anew; nothing was changed by it.',
  },

  VERSION_CONFLICT: { exit: 75, hint: 'Read it again, look at what changed, and repeat the edit on that.' },

  DATABASE_ACCESS: {
    exit: 77,
    hint: 'Correct the user or password in --database, or grant that user all rights on the database.',
  },
  NOT_PERMITTED: {
    exit: 77,
    hint: 'Run it as root, with CAP_NET_ADMIN, or inside a namespace of your own (--netns).',
  },

  CONFIG_INVALID: { exit: 78, hint: 'Correct what is named, in the place that is named.' },
  SECRET_EXPOSED: {
    exit: 78,
    hint: 'Make a new secret for both sides, then chmod 600 its file (640 with a group of its readers).',
  },
  SETUP_INVALID: { exit: 78, hint: 'Correct what each check names that failed, then ask again.' },
  DATABASE_UNKNOWN: { exit: 78, hint: 'Create the database on the server, or name another in --database.' },
  DATABASE_UNSUPPORTED: { exit: 78, hint: 'Use MariaDB 10.6 or newer, or MySQL 8.0.19 or newer.' },
  LOCK_MIXED: {
    exit: 78,
    hint: 'Use one backend for all processes that share the lock directory; the message names both.',
  },
  DOCUMENT_NEWER: { exit: 78, hint: 'Use a Holdfast at least as new as the one that wrote this file.' },
  SCHEMA_NEWER: { exit: 78, hint: 'Use a Holdfast at least as new as the one that migrated this database.' },
  SCHEMA_MISSING: { exit: 78, hint: 'Create the schema first: holdfast db migrate.' },
  NOT_BUILT: { exit: 78, hint: 'Run npm run build first; npm start and npm test do so by themselves.' },
  RUNTIME_UNSUPPORTED: { exit: 78, hint: 'Use Node 24.15 or newer, or Bun 1.4 or newer.' },
  RECONCILE_ELSEWHERE: {
    exit: 78,
    hint: 'Look at this gateway in the panel of its own machine, or point --reconcile at its daemon.',
  },
  CAPACITY: { exit: 78, hint: 'Spread the sessions over more gateways, or raise the number of shards.' },

  PROGRAM_NO_ROOM: {
    exit: 126,
    hint: 'Raise the limit that is named (ulimit -n, ulimit -u) or free memory, then run it again.',
  },
  PROGRAM_REFUSED: { exit: 126, hint: 'Make it an executable file of a kind that this machine runs.' },
  PROGRAM_MISSING: { exit: 127, hint: 'Give its whole path, or put its directory on PATH.' },

  CONNECTION_CLAIMED: { exit: 3, hint: 'It belongs to a customer already; an admin can disable it.' },
  CONNECTION_DISABLED: { exit: 3, hint: 'An admin has to enable the connection first.' },
  CLAIM_DEADLINE_PASSED: {
    exit: 3,
    hint: 'An admin has to extend the claim deadline, and then to enable the connection.',
  },
  CUSTOMER_INACTIVE: { exit: 3, hint: 'Activate the customer first; a deleted one stays deleted.' },
  CUSTOMER_DELETED: { exit: 3, hint: 'A deletion is final: register a customer with another address.' },
  EMAIL_TAKEN: {
    exit: 3,
    hint: 'Log in with it, or use another address; that of a deleted customer stays taken.',
  },
  USER_NAME_TAKEN: {
    exit: 3,
    hint: 'Use another user name; that of a disabled connection stays taken.',
  },
  REFUSED: { exit: 3, hint: 'The policy refuses this trigger now; the message says why.' },
  RESET_CONFLICT: {
    exit: 3,
    hint: 'Look at what changed; an undo with overwrite keeps the newer files in the trash.',
  },
  REMOVAL_REFUSED: { exit: 3, hint: 'Check the truth; if the removals are meant, repeat with --force.' },

  CANCELLED: { exit: 130, hint: 'It was interrupted; run it again when it suits.' },
  TERMINATED: { exit: 143, hint: 'It was asked to stop; run it again when it suits.' },
} as const satisfies Record<string, ErrorEntry>;

/** The name of a failure, stable across releases. */
export type ErrorCode = keyof typeof errorTable;
