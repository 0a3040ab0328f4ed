/** One random history of a lock. */
import type { LockRunner } from '../../lock-runner.ts';
import { type Gate, gate } from '../gate.ts';
import { turn } from '../until.ts';
import type { Outsider } from './lock-contract-subject.ts';

export type InterleavingStep =
  | {
      readonly kind: 'start';
      readonly mode: 'exclusive' | 'shared';
      readonly priority: 'interactive' | 'background';
      readonly waitMs: number;
    }
  | { readonly kind: 'abort' | 'release'; readonly of: number }
  | { readonly kind: 'turn' | 'microtask' | 'outside' };

interface Call {
  readonly cancel: AbortController;
  readonly done: Gate;
  readonly settled: Promise<unknown>;
}

/** Notes every moment at which too many were inside. */
export class Interleaving {
  readonly violations: string[] = [];
  readonly #calls: Call[] = [];
  readonly #runner: LockRunner;
  readonly #scope: string;
  readonly #takeOutside: () => Promise<Outsider | undefined>;
  #outsider: Outsider | undefined;
  #readers = 0;
  #writers = 0;

  constructor(runner: LockRunner, scope: string, takeOutside: () => Promise<Outsider | undefined>) {
    this.#runner = runner;
    this.#scope = scope;
    this.#takeOutside = takeOutside;
  }

  async apply(step: InterleavingStep): Promise<void> {
    switch (step.kind) {
      case 'start':
        this.#calls.push(this.#start(step));
        break;
      case 'abort':
        this.#calls[step.of]?.cancel.abort();
        break;
      case 'release':
        this.#calls[step.of]?.done.open();
        break;
      case 'turn':
        await turn();
        break;
      case 'microtask':
        await Promise.resolve();
        break;
      case 'outside':
        await this.#toggleOutsider();
        break;
      default:
        step satisfies never;
    }
  }

  async settle(): Promise<void> {
    if (this.#outsider !== undefined) await this.#toggleOutsider();
    for (const { done } of this.#calls) done.open();
    for (const { settled } of this.#calls) await settled;
  }

  #start({ mode, priority, waitMs }: Extract<InterleavingStep, { kind: 'start' }>): Call {
    const cancel = new AbortController();
    const done = gate();
    const settled = this.#runner
      .run(this.#scope, { mode, priority, waitMs, signal: cancel.signal }, async () => {
        this.#enter(mode, 1);
        await done.opened;
        this.#enter(mode, -1);
      })
      .catch((error: { code?: unknown }) => {
        if (error.code !== 'LOCK_BUSY' && error.code !== 'CANCELLED') this.violations.push(String(error));
      });
    return { cancel, done, settled };
  }

  async #toggleOutsider(): Promise<void> {
    if (this.#outsider === undefined) {
      this.#outsider = await this.#takeOutside();
      this.#check();
      return;
    }
    // It counts as inside until it begins to give back: from then on somebody else may be let in.
    const leaving = this.#outsider;
    this.#outsider = undefined;
    await leaving.giveBack();
  }

  #enter(mode: 'exclusive' | 'shared', by: 1 | -1): void {
    if (mode === 'exclusive') this.#writers += by;
    else this.#readers += by;
    this.#check();
  }

  #check(): void {
    const writers = this.#writers + (this.#outsider === undefined ? 0 : 1);
    if (writers > 1 || (writers === 1 && this.#readers > 0)) {
      this.violations.push(`${writers} writers with ${this.#readers} readers`);
    }
  }
}
