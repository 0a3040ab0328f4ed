/** `runtime-state` and other processes beside it, on the stores of a test. */
import { join } from 'node:path';
import { childProgram } from '../support/child-program.ts';
import { bins, runtimes } from '../support/repository.ts';
import { type Finished, runProcess, startProcess } from '../support/run-process.ts';

const child = childProgram(join(import.meta.dirname, 'store-child.ts'));

export interface StateAnswer extends Finished {
  // biome-ignore lint/suspicious/noExplicitAny: the document of a command, asserted on key by key
  readonly body: any;
}

/** Runs the command to its end, with `--json`. */
export async function runState(home: string, ...words: readonly string[]): Promise<StateAnswer> {
  const finished = await runProcess(runtimes.node, [bins.state, ...words, '--json', '--state-dir', home]);
  return { ...finished, body: finished.stdout.startsWith('{') ? JSON.parse(finished.stdout) : undefined };
}

/** The command as it is, for a daemon or for lines. */
export function startState(words: readonly string[], runtime: keyof typeof runtimes = 'node') {
  return startProcess(runtimes[runtime], [bins.state, ...words]);
}

/** One process of `store-child.ts`. @returns what it printed, undefined when it was killed */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function runStore(home: string, ...words: readonly string[]): Promise<any> {
  const { stdout, stderr, signal } = await runProcess(runtimes.node, [...child, home, ...words]);
  if (stderr !== '') throw new Error(stderr);
  return signal === 'SIGKILL' ? undefined : JSON.parse(stdout);
}
