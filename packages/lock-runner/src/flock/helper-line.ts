/**
 * What is said to a helper and heard from it. Two pipes where the runtime can listen to one: the kernel hands the processor
 * over from writer to reader, so an answer comes in a third of the time that the sockets take which runtimes make for
 * their children. Those sockets everywhere else.
 *
 * Nothing here keeps a process alive.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { openPipe } from './flock-ffi.ts';

export interface HelperLine {
  /** Of the helper, in and out. */
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  /**
   * To be called once it was started.
   *
   * @returns settles when nobody is left who could say something
   */
  listen(helper: ChildProcess, heard: () => void): Promise<void>;
  /** A helper that has ended does not hear it: that is told by its exit. */
  say(text: string): void;
  /** Frees what is left. */
  close(): void;
}

export function openHelperLine(): HelperLine {
  if (process.versions.bun !== undefined) return new SocketLine(); // its sockets cannot be made of a descriptor
  const [toHelper, fromHelper] = [openPipe(), openPipe()];
  if (toHelper !== undefined && fromHelper !== undefined) return new PipeLine(toHelper, fromHelper);
  for (const fd of [...(toHelper ?? []), ...(fromHelper ?? [])]) closeSync(fd);
  return new SocketLine();
}

type Pipe = readonly [number, number];

class PipeLine implements HelperLine {
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

  listen(_helper: ChildProcess, heard: () => void): Promise<void> {
    for (const fd of this.stdio) this.#close(fd); // the helper has them
    const closed = Promise.withResolvers<void>();
    this.#open.delete(this.#ears);
    const callback = () => {
      heard();
      return true;
    };
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

class SocketLine implements HelperLine {
  readonly stdio = ['pipe', 'pipe'] as const;
  #helper: ChildProcess | undefined;

  listen(helper: ChildProcess, heard: () => void): Promise<void> {
    const { stdin, stdout } = helper;
    const closed = Promise.withResolvers<void>();
    this.#helper = helper;
    stdin?.on('error', () => undefined);
    stdout?.on('data', heard);
    stdout?.once('close', closed.resolve);
    for (const stream of [stdin, stdout]) (stream as { unref?(): void } | null)?.unref?.();
    return closed.promise;
  }

  say(text: string): void {
    this.#helper?.stdin?.write(text);
  }

  close(): void {
    this.#helper?.stdin?.destroy();
  }
}
