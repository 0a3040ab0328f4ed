/**
 * A helper on Bun: started by `Bun.spawn`, which answers in a third of the time of the streams that its `node:child_process`
 * puts around it.
 */
import type { HelperEnd, HelperProcess, HelperStart } from './helper-process.ts';

/** As much of Bun's subprocess as is used here. */
interface BunSubprocess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly signalCode: string | null;
  readonly stdin: { write(text: string): unknown; flush(): unknown; end(): unknown; unref(): void };
  readonly stdout: ReadableStream<Uint8Array>;
  unref(): void;
}

type BunSpawn = (
  command: readonly string[],
  options: {
    readonly argv0?: string;
    readonly stdio: readonly ['pipe', 'pipe', 'ignore', number];
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly detached: boolean;
  },
) => BunSubprocess;

/** Undefined on other runtimes. */
export function bunSpawn(): BunSpawn | undefined {
  return (globalThis as { Bun?: { spawn: BunSpawn } }).Bun?.spawn;
}

export class BunHelperProcess implements HelperProcess {
  readonly ended: Promise<HelperEnd>;
  readonly silent: Promise<void>;
  readonly #process: BunSubprocess;

  constructor({ command, fd, heard }: HelperStart, spawn: BunSpawn) {
    this.#process = spawn([command.file, ...command.args], {
      ...(command.name === undefined ? {} : { argv0: command.name }),
      stdio: ['pipe', 'pipe', 'ignore', fd],
      env: {},
      cwd: '/',
      detached: true,
    });
    this.#process.unref();
    this.#process.stdin.unref();
    this.ended = this.#watch();
    this.silent = listen(this.#process.stdout, heard);
  }

  get pid(): number {
    return this.#process.pid;
  }

  say(text: string): void {
    try {
      this.#process.stdin.write(text);
      this.#process.stdin.flush();
    } catch {
      // EPIPE
    }
  }

  close(): void {
    try {
      this.#process.stdin.end();
    } catch {
      // what was said last was not heard
    }
  }

  async #watch(): Promise<HelperEnd> {
    const status = await this.#process.exited;
    return { status: this.#process.signalCode === null ? status : null };
  }
}

async function listen(answers: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
  try {
    for await (const _answer of answers) heard();
  } catch {
    // it has ended
  }
}
