/**
 * Tells the observer once that a wait has begun, and measures it. Who is in the way is told along when that is known soon:
 * a person must read something within 100 ms, so a server that does not answer is not waited for.
 */
import type { Clock, LockParty, LockReport } from '@holdfast/base';
import { noteWait } from './call-chain.ts';
import type { LockEvents } from './lock-events.ts';

/** How long the notice waits for the name of the holder, in milliseconds. */
const holderPatienceMs = 80;

export interface WaitNoticeOptions {
  readonly key: string;
  readonly scope: string;
  readonly backend: string;
  readonly waitMs: number;
  readonly clock: Clock;
  readonly events: LockEvents;
  readonly who: () => LockReport | Promise<LockReport>;
}

export class WaitNotice {
  readonly #options: WaitNoticeOptions;
  readonly #startedMs: number;
  #endNote: (() => void) | undefined;
  #isOver = false;

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
    const { key, scope, events, who } = this.#options;
    this.#endNote = noteWait(key, scope);
    if (!events.isHeard('waiting')) return;
    const report = who();
    if (!(report instanceof Promise)) this.#tell(report.holder);
    else void this.#tellLater(report);
  };

  /** The wait has ended, one way or the other. */
  end(): void {
    this.#isOver = true;
    this.#endNote?.();
  }

  async #tellLater(report: Promise<LockReport>): Promise<void> {
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, holderPatienceMs);
    const known = await Promise.race([report.catch(() => undefined), timeout.promise.then(() => undefined)]);
    clearTimeout(timer);
    if (!this.#isOver) this.#tell(known?.holder);
  }

  #tell(holder: LockParty | undefined): void {
    const { scope, backend, waitMs, events } = this.#options;
    events.tell('waiting', { scope, backend, waitMs, ...(holder === undefined ? {} : { holder }) });
  }
}
