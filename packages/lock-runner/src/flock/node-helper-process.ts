/**
 * A helper on Node. It is talked to over two pipes where the platform gives them: the kernel hands the processor over from
 * writer to reader, so an answer comes in a third of the time that the sockets take which Node makes for its children.
 * Those sockets everywhere else, and in worker threads: what Node opened for a worker is closed with it, however it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readlinkSync, writeSync } from 'node:fs';
import { openPipe } from './flock-ffi.ts';
import type { HelperEnd, HelperProcess, HelperStart } from './helper-process.ts';

export class NodeHelperProcess implements HelperProcess {
  readonly ended: Promise<HelperEnd>;
  readonly silent: Promise<void>;
  readonly #child: ChildProcess;
  readonly #line: Line;

  constructor({ command, fd, heard }: HelperStart) {
    this.#line = openLine();
    try {
      this.#child = spawn(command.file, command.args, {
        stdio: [...this.#line.stdio, 'ignore', fd],
        ...(command.name === undefined ? {} : { argv0: command.name }),
        env: {},
        cwd: '/',
        detached: true,
      });
    } catch (error) {
      this.#line.close();
      throw error;
    }
    this.#child.unref();
    const end = Promise.withResolvers<HelperEnd>();
    this.ended = end.promise;
    this.#child.once('error', (cause) => end.resolve({ status: null, cause }));
    this.#child.once('exit', (status) => end.resolve({ status }));
    this.silent = this.#line.listen(this.#child, heard);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  say(text: string): void {
    this.#line.say(text);
  }

  close(): void {
    this.#line.close();
  }
}

/** What is said and heard goes over it. */
interface Line {
  /** Of the child, in and out. */
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  /**
   * To be called once it was started.
   *
   * @returns settles when nobody is left who could say something
   */
  listen(child: ChildProcess, heard: () => void): Promise<void>;
  say(text: string): void;
  close(): void;
}

function openLine(): Line {
  if (!isMainThread()) return new SocketLine();
  const [toHelper, fromHelper] = [openPipe(), openPipe()];
  if (toHelper !== undefined && fromHelper !== undefined) return new PipeLine(toHelper, fromHelper);
  for (const fd of [...(toHelper ?? []), ...(fromHelper ?? [])]) closeSync(fd);
  return new SocketLine();
}

/** As the kernel tells it, where pipes are to be had at all: to load `node:worker_threads` for it takes longer than a wait. */
function isMainThread(): boolean {
  try {
    const [, process, thread] = /^(\d+)\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    return process !== undefined && process === thread;
  } catch {
    return false; // no /proc: sockets do everywhere
  }
}

type Pipe = readonly [number, number];

class PipeLine implements Line {
  readonly stdio: readonly [number, number];
  readonly #ears: number;
  readonly #mouth: number;
  /** Ours, until closed or given to the socket. */
  readonly #open: Set<number>;

  constructor(toHelper: Pipe, fromHelper: Pipe) {
    this.stdio = [toHelper[0], fromHelper[1]];
    this.#mouth = toHelper[1];
    this.#ears = fromHelper[0];
    this.#open = new Set([...toHelper, ...fromHelper]);
  }

  listen(_child: ChildProcess, heard: () => void): Promise<void> {
    for (const fd of this.stdio) this.#close(fd); // the child has them
    const closed = Promise.withResolvers<void>();
    this.#open.delete(this.#ears);
    const callback = () => {
      heard();
      return true;
    };
    const { Socket } = process.getBuiltinModule('node:net'); // loaded for who waits only
    // Without `onread` each answer would go through a stream's buffers.
    const socket = new Socket({
      fd: this.#ears,
      readable: true,
      writable: false,
      onread: { buffer: Buffer.alloc(16), callback },
    });
    socket.on('error', () => undefined);
    socket.once('close', () => closed.resolve());
    socket.unref();
    socket.read(0);
    return closed.promise;
  }

  say(text: string): void {
    try {
      writeSync(this.#mouth, text);
    } catch {
      // EPIPE
    }
  }

  close(): void {
    for (const fd of this.#open) this.#close(fd);
  }

  #close(fd: number): void {
    if (this.#open.delete(fd)) closeSync(fd);
  }
}

class SocketLine implements Line {
  readonly stdio = ['pipe', 'pipe'] as const;
  #child: ChildProcess | undefined;

  listen(child: ChildProcess, heard: () => void): Promise<void> {
    const { stdin, stdout } = child;
    const closed = Promise.withResolvers<void>();
    this.#child = child;
    stdin?.on('error', () => undefined);
    stdout?.on('data', heard);
    stdout?.once('close', closed.resolve);
    for (const stream of [stdin, stdout]) (stream as { unref?(): void } | null)?.unref?.();
    return closed.promise;
  }

  say(text: string): void {
    this.#child?.stdin?.write(text);
  }

  close(): void {
    this.#child?.stdin?.destroy();
  }
}
