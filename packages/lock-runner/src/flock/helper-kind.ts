/**
 * The programs that can wait for a lock in our place. All of them speak one protocol: the lock file is descriptor 3; a line
 * `x` or `s` on stdin asks for the exclusive or the shared lock, an empty line on stdout says that it was granted. They end
 * when stdin does, so also when their owner is killed, and with a status when they cannot lock at all.
 *
 * Their command lines carry a mark and the priority of the wait, for `seen-helper.ts`: what happens between processes is
 * decided by what each can see of the others.
 */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { libcName } from './flock-ffi.ts';

/** Stands in the command line of every helper, with the priority behind it. */
export const helperMark = 'holdfast-lock-helper';

export type Priority = 'interactive' | 'background';

export interface HelperCommand {
  readonly file: string;
  /** The name it is called by, where that makes a difference. */
  readonly name?: string;
  readonly args: readonly string[];
}

export interface HelperKind {
  readonly name: string;
  /** Undefined where this machine has not what it takes. */
  readonly command: (priority: Priority) => HelperCommand | undefined;
}

const places = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** One system call from being asked to being granted. Part of every Debian. */
export const perlHelper: HelperKind = {
  name: 'perl',
  command: (priority) => {
    const perl = installed('perl');
    const code =
      'open F, "+<&=3" or exit 2; while (sysread STDIN, $_, 16) { flock F, $_ eq "s\\n" ? 1 : 2 or exit 3; syswrite STDOUT, "\\n" }';
    return perl === undefined ? undefined : { file: perl, args: ['-e', code, helperMark, priority] };
  },
};

/** One process of flock(1) per wait. */
export const shellHelper: HelperKind = {
  name: 'sh',
  command: (priority) => {
    const [shell, flock] = [installed('sh'), installed('flock')];
    if (shell === undefined || flock === undefined) return undefined;
    const code = 'while read -r mode; do "$2" "-$mode" 3 || exit 3; echo; done';
    return { file: shell, args: ['-c', code, helperMark, priority, flock] };
  },
};

/** This very runtime: present wherever we run, but as large as we are and slow to start. */
export const runtimeHelper: HelperKind = {
  name: 'runtime',
  command: (priority) => {
    const koffi = resolved('koffi');
    const name = /^(node|bun)x?(\.exe)?$/.exec(basename(process.execPath))?.[1];
    // A program that has its runtime built in would start itself; bunx is Bun under another name.
    if (koffi === undefined || name === undefined) return undefined;
    return {
      file: process.execPath,
      name,
      args: ['-e', runtimeCode, helperMark, priority, libcName(), koffi],
    };
  },
};

/** In the order of preference. */
export const helperKinds: readonly HelperKind[] = [perlHelper, shellHelper, runtimeHelper];

/** Blocks in every call: nobody else needs this process. Signal handlers of the runtime may interrupt flock(2). */
const runtimeCode = `
  const { readSync, writeSync } = require('node:fs');
  const { constants } = require('node:os');
  const [library, path] = process.argv.slice(-2);
  const koffi = require(path);
  const flock = koffi.load(library).func('int flock(int fd, int operation)');
  const line = Buffer.alloc(16);
  while (readSync(0, line, 0, 16, null) > 0) {
    while (flock(3, line[0] === 0x73 ? 1 : 2) !== 0) if (koffi.errno() !== constants.errno.EINTR) process.exit(3);
    writeSync(1, '\\n');
  }
`;

function installed(program: string): string | undefined {
  return places.map((place) => `${place}/${program}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function resolved(module: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(module);
  } catch {
    return undefined; // bundled without it
  }
}
