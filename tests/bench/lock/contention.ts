/** One round of contention: starts the contenders, lets them go at once, collects what each got. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { scratchDirectory } from '../scratch-directory.ts';
import { userEnvironment } from '../workspace.ts';
import type { ContenderResult } from './contender.ts';
import type { ServerKind } from './server-kind.ts';

export type ContenderKind = 'holdfast' | 'flock(2)' | 'flock(1)' | 'proper-lockfile' | ServerKind;

export interface ContentionOptions {
  readonly kind: ContenderKind;
  readonly processes: number;
  readonly holdMicros: number;
  readonly windowMs: number;
  /** Where the server of a `ServerKind` listens. */
  readonly socketPath?: string;
  readonly signal: AbortSignal;
}

export interface ContentionResult {
  /** Grants of all processes together. */
  readonly perSecond: number;
  /** How many times as often the luckiest process got the lock as the unluckiest. */
  readonly mostToLeast: number;
  /** Longest wait of any process, in milliseconds. */
  readonly longestWaitMs: number;
}

const script = fileURLToPath(new URL('./contender.ts', import.meta.url));

export async function contention(options: ContentionOptions): Promise<ContentionResult> {
  const { kind, processes, holdMicros, windowMs, socketPath = '', signal } = options;
  using directory = scratchDirectory();
  const args = [script, kind, directory.path, String(holdMicros), String(windowMs), socketPath];
  await using team = startTeam(processes, args, signal);
  await Promise.all(team.members.map((member) => member.nextLine()));
  for (const { child } of team.members) child.stdin.write('go\n');
  const lines = await Promise.all(team.members.map((member) => member.nextLine()));
  return summary(
    lines.map((line) => JSON.parse(line) as ContenderResult),
    windowMs,
  );
}

interface Member {
  readonly child: ChildProcessWithoutNullStreams;
  /** @throws Error when the process ends without a line */
  nextLine(): Promise<string>;
}

interface Team extends AsyncDisposable {
  readonly members: readonly Member[];
}

function startTeam(processes: number, args: readonly string[], signal: AbortSignal): Team {
  const members = Array.from({ length: processes }, () => startMember(args));
  const kill = () => {
    for (const { child } of members) child.kill('SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  return {
    members,
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', kill);
      kill();
      await Promise.all(members.map(({ child }) => hasEnded(child) || once(child, 'exit')));
    },
  };
}

function startMember(args: readonly string[]): Member {
  const child = spawn(process.execPath, [...args], { stdio: 'pipe', env: userEnvironment() });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    nextLine: async () => {
      const line = await lines.next();
      if (line.done === true) throw new Error('a contender ended before it answered');
      return line.value;
    },
  };
}

function hasEnded(child: ChildProcessWithoutNullStreams): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function summary(results: readonly ContenderResult[], windowMs: number): ContentionResult {
  const served = results.map((result) => result.served);
  return {
    perSecond: (served.reduce((sum, count) => sum + count, 0) * 1_000) / windowMs,
    mostToLeast: Math.max(...served) / Math.max(1, Math.min(...served)),
    longestWaitMs: Math.max(...results.map((result) => result.longestWaitMs)),
  };
}
