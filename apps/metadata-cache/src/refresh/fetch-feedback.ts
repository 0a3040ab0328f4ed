/**
 * What a person sees while a catalogue is downloaded, on stderr only: a live line on a terminal, a line every 5 s with
 * `plain`, nothing elsewhere. It is told once that the lock is held, with backend and wait.
 */
import type { Held } from '@holdfast/base';
import { type FeedbackMode, type FeedbackStream, lengthOf, StatusLine } from '@holdfast/host/cli';
import { formatSize } from '../size.ts';

const liveIntervalMs = 250;
const plainIntervalMs = 5_000;

export interface FetchFeedbackOptions {
  readonly mode: FeedbackMode;
  readonly stream: FeedbackStream;
  readonly source: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class FetchFeedback implements Disposable {
  readonly #options: FetchFeedbackOptions;
  readonly #line: StatusLine;
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #bytes = 0;

  constructor(options: FetchFeedbackOptions) {
    this.#options = options;
    this.#line = new StatusLine(options.stream);
  }

  locked({ scope, backend, waitedMs }: Pick<Held, 'scope' | 'backend' | 'waitedMs'>): void {
    if (this.#options.mode === 'quiet') return;
    this.#line.append(`${scope} is locked by ${backend}, after a wait of ${lengthOf(waitedMs)}`);
  }

  /** The download begins. */
  begin(): void {
    const { mode, now } = this.#options;
    if (mode === 'quiet') return;
    this.#startedMs = now();
    if (mode === 'live') this.#show();
    const tick = mode === 'live' ? this.#show : () => this.#line.append(this.#text());
    this.#timer = setInterval(tick, mode === 'live' ? liveIntervalMs : plainIntervalMs).unref();
  }

  /** @param bytes - of all that has arrived */
  advance(bytes: number): void {
    this.#bytes = bytes;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#line.clear();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  readonly #show = (): void => this.#line.show(`${this.#text()}; Ctrl-C cancels`, this.#text());

  #text(): string {
    const { source, now } = this.#options;
    return `downloading ${source}: ${formatSize(this.#bytes)}, ${lengthOf(now() - this.#startedMs)} elapsed`;
  }
}
