/**
 * Another process that works on the same truth. It says `ready`, waits for the line `go`, does its part and prints what
 * came of it as one line of JSON; so several can be let loose at the same moment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childProgram } from '../support/child-program.ts';
import { compileCache } from '../support/compile-cache.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ProcessEnd {
  /** Parsed last line of stdout, undefined when it ended without one. */
  readonly result: unknown;
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface TruthProcess {
  go(): Promise<ProcessEnd>;
  /** After `go`: asks a part that runs until told to stop to end. */
  enough(): void;
  /** Ends it if it still runs. */
  stop(): Promise<void>;
}

/** Starts `truth-child.ts` and resolves when it is ready. */
export async function startTruthProcess(...args: readonly string[]): Promise<TruthProcess> {
  return startTruthScript('truth-child.ts', ...args);
}

/** The same with another script of this directory. */
export async function startTruthScript(script: string, ...args: readonly string[]): Promise<TruthProcess> {
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    [...childProgram(join(root, 'tests/truth', script)), ...args],
    { cwd: root, env: { PATH: process.env.PATH ?? '', ...compileCache }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const closed = once(child, 'close');
  const lines: string[] = [];
  const stderr: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), closed]);
  if (lines.shift() !== 'ready') throw new Error(`the child did not start: ${stderr.join('')}`);
  return {
    go: async () => {
      child.stdin.write('go\n');
      const [exit, signal] = (await closed) as [number | null, NodeJS.Signals | null];
      const last = lines.at(-1);
      return {
        result: last === undefined ? undefined : JSON.parse(last),
        exit,
        signal,
        stderr: stderr.join(''),
      };
    },
    enough: () => {
      child.kill('SIGTERM');
    },
    stop: async () => {
      if (isRunning(child)) child.kill('SIGKILL');
      await closed;
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
