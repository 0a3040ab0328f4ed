/**
 * The talk of a child with its test: commands from stdin, one per line, answers on stdout, one line each. So a test is
 * told when something has happened and need not guess. Commands do not wait for each other.
 */
import { flushCompileCache } from 'node:module';
import { createInterface, type Interface } from 'node:readline';

/** By their names: what follows it on the line in, the answer out. One that rejects is answered by its code. */
export type Commands = Readonly<Record<string, (...rest: readonly string[]) => Promise<string>>>;

/** The child ends with its test, from now on; what the test says is kept until it is answered. */
export function openLines(): Interface {
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(0));
  return lines;
}

/** Says that it is ready, and answers. */
export function answerLines(lines: Interface, commands: Commands): void {
  lines.on('line', (line) => void answer(commands, line.split(' ')));
  flushCompileCache(); // whoever is killed writes none
  say('ready');
}

/** The child does not end with its test any more, but when nothing keeps it running. */
export function leaveLines(lines: Interface): void {
  lines.removeAllListeners('close');
  lines.close();
  process.stdin.destroy();
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function answer(commands: Commands, [name = '', ...rest]: readonly string[]): Promise<void> {
  try {
    say((await commands[name]?.(...rest)) ?? `no command ${name}`);
  } catch (error) {
    say(`error ${(error as { code?: string }).code ?? String(error)}`);
  }
}
