/**
 * Tells the observer once that a wait has begun, and measures it. Who is in the way is told along when that is known soon:
 * a person must read something within 100 ms, so a server that does not answer is not waited for.
 */
import type { Clock, LockParty, LockReport } from '@holdfast/base';
import { noteWait } from './call-chain.ts';
import type { LockBackend } from './lock-backend.ts';
import type { LockEvents } from './lock-events.ts';

/** How long the notice waits for the name of the holder, in milliseconds. */
const holderPatienceMs = 80;

export interface WaitNoticeOptions {
  readonly scope: string;
  readonly backend: LockBackend;
  readonly waitMs: number;
  readonly clock: Clock;
  readonly events: LockEvents;
}

export class WaitNotice {
  readonly #options: WaitNoticeOptions;
  readonly #startedMs: number;
  #endNote: (() => void) | undefined;
  #tellNow: (() => void) | undefined;

  constructor(options: WaitNoticeOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  /** A first try that succeeds has not waited. */
  get elapsedMs(): number {
    return this.#endNote === undefined ? 0 : this.#options.clock.monotonicMs() - this.#startedMs;
  }

  /**
   * The first try was refused; further calls mean nothing.
   *
   * @throws HoldfastError LOCK_CYCLE - the wait would never end
   */
  readonly begin = (): void => {
    if (this.#endNote !== undefined) return;
    const { scope, backend, events } = this.#options;
    this.#endNote = noteWait(backend.keyOf(scope), scope);
    if (!events.isHeard('waiting')) return;
    const report = backend.who(scope);
    if (!(report instanceof Promise)) this.#tell(report.holder);
    else this.#tellLater(report);
  };

  /** The wait has ended, one way or the other. What began is told before, even when nobody knows yet who is in the way. */
  end(): void {
    this.#tellNow?.();
    this.#endNote?.();
  }

  #tellLater(report: Promise<LockReport>): void {
    const tell = (known?: LockReport) => {
      clearTimeout(timer);
      if (this.#tellNow === undefined) return;
      this.#tellNow = undefined;
      this.#tell(known?.holder);
    };
    const timer = setTimeout(tell, holderPatienceMs);
    this.#tellNow = tell;
    report.then(tell, () => tell());
  }

  #tell(holder: LockParty | undefined): void {
    const { scope, backend, waitMs, events } = this.#options;
    events.tell('waiting', {
      scope,
      backend: backend.name,
      waitMs,
      ...(holder === undefined ? {} : { holder }),
    });
  }
}
