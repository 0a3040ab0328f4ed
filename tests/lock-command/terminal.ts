/** A command on a terminal of its own: a pseudo terminal by script(1), with a width, and a keyboard. */
import { execFileSync } from 'node:child_process';
import { startProcess } from '../support/run-process.ts';

export interface TerminalRun {
  /** Everything that has arrived on the terminal so far. */
  output(): string;
  /** Resolves when this has been written. */
  shown(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  resize(columns: number): void;
  /** @returns the exit status */
  readonly status: Promise<number | null>;
}

export function onTerminal(
  columns: number,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TerminalRun {
  const command = `tty; stty cols ${columns} rows 24; exec ${words.map(quoted).join(' ')}`;
  const { child, finished } = startProcess('script', ['-qefc', command, '/dev/null'], {
    isInputOpen: true,
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
  });
  let said = '';
  const listeners = new Set<() => void>();
  child.stdout?.on('data', (text: string) => {
    said += text;
    for (const listener of listeners) listener();
  });
  /** The first line names the terminal, and is no part of what is tested. */
  const output = () => said.slice(said.indexOf('\n') + 1);
  return {
    output,
    shown: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!(typeof text === 'string' ? output().includes(text) : text.test(output()))) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        finished.then(() => reject(new Error(`it ended without showing ${text}: ${output()}`)), reject);
      }),
    type: (keys) => child.stdin?.write(keys),
    resize: (width) => execFileSync('stty', ['-F', said.split(/\r?\n/)[0] ?? '', 'cols', String(width)]),
    status: finished.then(({ status }) => status),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
