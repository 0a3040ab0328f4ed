/**
 * Looks at the gateway for those who ask, however many they are: one look at a time, about two a second, and seldom where
 * looking is dear. Whoever asks in between gets the last answer, with the time it is of.
 *
 * Nobody waits long. When a look takes its time, or runs keep it from seeing anything that is whole, the last answer stands
 * in for a while; after that the answer is that nothing could be read, and why. Looking changes nothing and repairs nothing.
 */
import type { Clock, ErrorCode, Log } from '@holdfast/base';
import { type GatewayLook, type KernelDocument, kernelDocument } from '@holdfast/gateway-policy/explain';
import { asHoldfastError } from '@holdfast/host/cli';

export interface UnreadKernel {
  readonly kind: 'unread';
  /** Null while nobody knows which one it is. */
  readonly gateway: string | null;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  /** Code of the failure. */
  readonly because: string;
}

export interface KernelWatchOptions {
  /** One look, with the name of the gateway that was looked at. */
  readonly look: () => Promise<{ readonly gateway: string; readonly found: GatewayLook }>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long an answer may take, in milliseconds; those who ask over HTTP give up at 3 000. */
const patienceMs = 2_000;
/** Rest after a look, in milliseconds. One that took longer than `briefMs` is dear: it is rested for ten times as long. */
const restMs = 500;
const briefMs = 400;
const dearRest = 10;
/** What failed may succeed soon, and has mostly waited. */
const longestRestOfFailureMs = 5_000;
/** How long an answer stands in while the next look sees nothing yet, in milliseconds; that of a dear look for two rests. */
const standInMs = 10_000;

type Answer = KernelDocument | UnreadKernel;

export class KernelWatch {
  readonly #options: KernelWatchOptions;
  #underWay: Promise<void> | undefined;
  /** On the monotonic clock, as the next one. */
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #last: { readonly answer: Answer; readonly untilMs: number } | undefined;
  #gateway: string | null = null;

  constructor(options: KernelWatchOptions) {
    this.#options = options;
  }

  readonly answer = async (): Promise<Answer> => {
    if (this.#underWay === undefined && this.#nowMs() >= this.#restsUntilMs) {
      this.#underWay = this.#look().finally(() => {
        this.#underWay = undefined;
      });
    }
    if (this.#underWay !== undefined) await this.#patiently(this.#underWay);
    return this.#standing() ?? this.#unread('LOOK_UNFINISHED');
  };

  async #patiently(look: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([look, this.#options.clock.sleep(patienceMs, over.signal).catch(() => undefined)]);
    over.abort();
  }

  async #look(): Promise<void> {
    const sinceMs = this.#nowMs();
    const answer = await this.#lookOnce();
    const nowMs = this.#nowMs();
    const tookMs = nowMs - sinceMs;
    const dearRestMs = tookMs > briefMs ? dearRest * tookMs : restMs;
    const isRead = answer.kind === 'read';
    this.#restsUntilMs = nowMs + (isRead ? dearRestMs : Math.min(dearRestMs, longestRestOfFailureMs));
    const isStoodIn = answer.kind === 'unread' && answer.because === 'LOCK_BUSY' && this.#isReadingStanding();
    if (!isStoodIn) this.#last = { answer, untilMs: nowMs + Math.max(standInMs, 2 * dearRestMs) };
  }

  async #lookOnce(): Promise<Answer> {
    try {
      const { gateway, found } = await this.#options.look();
      this.#gateway = gateway;
      return found.kind === 'read' ? kernelDocument(gateway, found) : this.#unread('LOCK_BUSY');
    } catch (thrown) {
      const err = asHoldfastError(thrown);
      const before = this.#last?.answer;
      const isNews = before?.kind !== 'unread' || before.because !== err.code;
      if (isNews) this.#options.log.warn({ code: err.code, err }, 'kernel not read');
      return this.#unread(err.code);
    }
  }

  #isReadingStanding(): boolean {
    return this.#standing()?.kind === 'read';
  }

  #standing(): Answer | undefined {
    return this.#last !== undefined && this.#nowMs() < this.#last.untilMs ? this.#last.answer : undefined;
  }

  #unread(because: ErrorCode): UnreadKernel {
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    return { kind: 'unread', gateway: this.#gateway, at, because };
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
