/** Processes that do the same at the same time: each says a line when it is ready, is told to go, and answers with a line. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { userEnvironment } from './workspace.ts';

/** What it complains of goes to our stderr. */
type MemberProcess = ChildProcessByStdio<Writable, Readable, null>;

interface Member {
  readonly child: MemberProcess;
  /** @throws Error when the process ends without a line */
  nextLine(): Promise<string>;
}

/**
 * Starts one process per list of arguments of the runtime, lets all go at once, and kills what is left at the end or when
 * `signal` aborts.
 *
 * @returns what each has answered
 */
export async function askTeam(
  argumentLists: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const members = argumentLists.map(startMember);
  const kill = () => {
    for (const { child } of members) child.kill('SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    await Promise.all(members.map((member) => member.nextLine()));
    for (const { child } of members) child.stdin.write('go\n');
    return await Promise.all(members.map((member) => member.nextLine()));
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    await Promise.all(members.map(({ child }) => hasEnded(child) || once(child, 'exit')));
  }
}

function startMember(args: readonly string[]): Member {
  const child = spawn(process.execPath, [...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: userEnvironment(),
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    nextLine: async () => {
      const line = await lines.next();
      if (line.done === true) throw new Error('a process ended before it answered');
      return line.value;
    },
  };
}

function hasEnded(child: MemberProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
