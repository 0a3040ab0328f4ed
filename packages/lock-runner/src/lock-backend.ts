/** What a backend has to do. `LockRunner` adds scopes, limits, re-entry and the `Held` proof on top. */
import type { Clock, LockGuarantee, LockMode, LockReport } from '@holdfast/base';
import type { LockEvents } from './lock-events.ts';

export interface LockRequest {
  readonly scope: string;
  readonly mode: LockMode;
  readonly priority: 'interactive' | 'background';
  readonly purpose: string | undefined;
  /** Wait limit in milliseconds: 0 tries once, `Infinity` waits for ever. */
  readonly waitMs: number;
  /** Whether trying again soon is better than standing in line; a backend without such a choice ignores it. */
  readonly isBrief?: boolean;
  /** Aborts the wait; its reason is thrown. */
  readonly signal: AbortSignal | undefined;
  /** Called when the first try is refused and a wait begins; further calls mean nothing. */
  readonly onBlocked: () => void;
}

/** A lock that was granted. Only `LockHold` talks to it. */
export interface Grant {
  /** Descriptor that carries the lock; absent where nothing can be inherited. */
  readonly descriptor?: number;
  /** Allots the next generation of the scope, or tells the one that came with the grant. Called at most once per grant. */
  allotFence(): Promise<number>;
  contended(): boolean;
  /** Runs `step` unless a generation newer than `fence` has been allotted. */
  publish<Result>(fence: number | undefined, step: () => Result): Result;
  /** Aborts when the lock is lost; absent where that cannot happen. */
  readonly lost?: AbortSignal;
  release(): void | Promise<void>;
}

export interface LockBackend {
  readonly name: string;
  readonly guarantee: LockGuarantee;
  /** What it can give; a request for another mode is refused before it gets here. */
  readonly modes: readonly LockMode[];
  /** A process-wide identity of the lock of a scope: two runners with the same key mean the same lock. */
  keyOf(scope: string): string;
  /**
   * At once where nobody has to be waited for.
   *
   * @returns undefined when the limit passed without a grant
   * @throws the signal's reason when it aborted first; HoldfastError when the lock cannot be sought at all
   */
  acquire(request: LockRequest): Grant | undefined | Promise<Grant | undefined>;
  /** At once where it can be told without waiting for anybody. */
  who(scope: string): LockReport | Promise<LockReport>;
  /** Ends connections and timers of the backend's own; holds that are left are lost. */
  close?(): Promise<void>;
}

/** What a backend is made with: the runner's own settings. */
export interface LockBackendContext {
  /** Of lock files, and of the generations that this host has seen. */
  readonly directory: string;
  readonly clock: Clock;
  /** Where a backend tells that it is not the one of choice. */
  readonly events?: LockEvents;
}

/** Makes a backend for one runner. Backends with options or peers of their own are given to a runner as such. */
export type LockBackendFactory = (context: LockBackendContext) => LockBackend;
