/**
 * A helper as a process of the runtime at hand: what can be said to it, heard from it and known of its end. Each runtime
 * has its own fastest way to talk to a child, and a wait is as slow as that: `node-helper-process.ts` and
 * `bun-helper-process.ts`.
 *
 * Nothing of it keeps this process alive.
 */
import type { HelperCommand } from './helper-kind.ts';

export interface HelperEnd {
  /** Exit status; null when a signal ended it or it could not be started. */
  readonly status: number | null;
  /** Why it could not be started. */
  readonly cause?: unknown;
}

export interface HelperProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Settles when the process has ended; a child of it may be left. */
  readonly ended: Promise<HelperEnd>;
  /** Settles when nobody is left who could say something. */
  readonly silent: Promise<void>;
  /** One that has ended does not hear it: that is told by its end. */
  say(text: string): void;
  /** Frees what is left of it. */
  close(): void;
}

export interface HelperStart {
  readonly command: HelperCommand;
  /** The lock file, which becomes its descriptor 3. */
  readonly fd: number;
  /** Called at each of its answers. */
  readonly heard: () => void;
}
