/**
 * Who owns a state directory, and who ends what was started if we cannot: one process under the lock `start` of that
 * directory. The lock is held until that process has ended, which it does after the last of those it was told of.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ownEnvironment } from './own-settings.ts';
import { commandOf, statusOf } from './run-bin.ts';

export interface Keeper extends AsyncDisposable {
  readonly pid: number;
  /** Its exit status, when it ends without having been asked to: then nobody owns the directory. */
  readonly lost: Promise<number>;
  started(pid: number): void;
  ended(pid: number): void;
}

/** Exit status of `holdfast lock run` for a lock that somebody has. */
const busy = 75;

const script = join(import.meta.dirname, 'keeper.sh');

/**
 * @returns the exit status with which to end, where somebody else has the directory or it cannot be used; stderr says why
 */
export async function openKeeper(stateDir: string): Promise<Keeper | number> {
  const place = ['--state-dir', stateDir, '--lock-timeout', '0', '--progress', 'none'];
  const purpose = `npm start (pid ${process.pid})`;
  const words = ['lock', 'run', 'start', ...place, '--purpose', purpose, '--', '/bin/sh', script];
  const [file, ...args] = commandOf('holdfast', words);
  const child = spawn(file, args, { detached: true, stdio: 'pipe', env: ownEnvironment });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(statusOf(code, signal)));
  });
  const said = hear(child);
  child.stdin.on('error', () => undefined); // it has ended, which its status tells
  const status = await Promise.race([said.ready, ended]);
  if (status !== undefined) {
    process.stderr.write(status === busy ? inUse(stateDir, said.complaint()) : said.complaint());
    return status;
  }
  child.stderr.pipe(process.stderr);
  const tell = (line: string) => child.stdin.write(`${line}\n`);
  return {
    pid: child.pid ?? 0,
    lost: ended,
    started: (pid) => tell(`started ${pid}`),
    ended: (pid) => tell(`ended ${pid}`),
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** The first word on stdout says that the lock is held; a complaint is kept until then. */
function hear({ stdout, stderr }: ChildProcessByStdio<Writable, Readable, Readable>) {
  const { promise: ready, resolve } = Promise.withResolvers<undefined>();
  let text = '';
  const keep = (more: string) => {
    text += more;
  };
  stderr.setEncoding('utf8').on('data', keep);
  stdout.once('data', () => {
    stderr.off('data', keep);
    resolve(undefined);
  });
  return { ready, complaint: () => text };
}

function inUse(stateDir: string, complaint: string): string {
  const [other = 'another npm start'] = /npm start \(pid \d+\)/.exec(complaint) ?? [];
  return `${stateDir} is used by ${other}: stop that one, or name another --state-dir\n`;
}
