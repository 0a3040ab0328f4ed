/**
 * Lines that are typed on a terminal without being shown. The terminal is put back as it was, whatever happens; what is
 * pasted counts as typed, and keys that write nothing, such as arrows, are passed over.
 */
import { HoldfastError } from '@holdfast/base';

/** What is needed of `process.stdin` and of a terminal in a test. */
export interface HiddenInput {
  setRawMode(isRaw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (text: string) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface HiddenLinesOptions {
  readonly input: HiddenInput;
  /** Where prompts go: stdout is for data. */
  readonly output: { write(text: string): unknown };
  /** One line is read for each. */
  readonly prompts: readonly string[];
  readonly signal: AbortSignal;
}

const keys = {
  interrupt: '\x03',
  endOfInput: '\x04',
  backspace: '\x08',
  killLine: '\x15',
  escape: '\x1b',
  delete: '\x7f',
} as const;

/** @throws HoldfastError CANCELLED - by Ctrl-C, by the end of the input, or by the signal with its reason */
export async function readHiddenLines(options: HiddenLinesOptions): Promise<readonly string[]> {
  const { input, output, prompts, signal } = options;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const typing = new Typing(prompts.length, (ended) => output.write(`\n${prompts[ended] ?? ''}`));
  const cancel = () => reject(new HoldfastError('CANCELLED', 'the password was not typed'));
  const abort = () => reject(signal.reason);
  const onData = (text: string) => {
    typing.take(text);
    if (typing.isCancelled) cancel();
    else if (typing.isDone) resolve(typing.lines);
  };
  input.setEncoding('utf8');
  input.on('data', onData);
  input.on('end', cancel);
  signal.addEventListener('abort', abort);
  input.setRawMode(true);
  try {
    output.write(prompts[0] ?? '');
    input.resume();
    return await promise;
  } finally {
    input.setRawMode(false);
    input.pause();
    input.off('data', onData);
    input.off('end', cancel);
    signal.removeEventListener('abort', abort);
  }
}

class Typing {
  readonly lines: string[] = [];
  readonly #wanted: number;
  readonly #onLine: (ended: number) => void;
  #current: string[] = [];
  #isCancelled = false;

  /** @param onLine - gets the number of lines that have ended */
  constructor(wanted: number, onLine: (ended: number) => void) {
    this.#wanted = wanted;
    this.#onLine = onLine;
  }

  get isDone(): boolean {
    return this.lines.length === this.#wanted;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  take(text: string): void {
    // An arrow or a function key comes as one piece.
    if (text.startsWith(keys.escape)) return;
    for (const character of text) {
      if (this.isDone || this.#isCancelled) return;
      this.#takeKey(character);
    }
  }

  #takeKey(character: string): void {
    switch (character) {
      case '\r':
      case '\n':
        this.lines.push(this.#current.join(''));
        this.#current = [];
        this.#onLine(this.lines.length);
        return;
      case keys.interrupt:
        this.#isCancelled = true;
        return;
      case keys.endOfInput:
        this.#isCancelled = this.#current.length === 0;
        return;
      case keys.backspace:
      case keys.delete:
        this.#current.pop();
        return;
      case keys.killLine:
        this.#current = [];
        return;
      default:
        if (!/\p{Cc}/u.test(character)) this.#current.push(character);
    }
  }
}
