/**
 * What a person sees while a command waits for a lock, on stderr only.
 *
 * A terminal gets a first line at once (who holds it, the limit, how to cancel and which flag changes the limit), a live
 * line once a second, and a closing line with the outcome. `plain` appends a line every 5 s instead, for logs. `auto` is
 * live on a terminal and quiet elsewhere. That locks are kept in a weaker way than wanted is said in every mode, once.
 */
import type { LockObserver, LockWait } from '@holdfast/base';
import { type Environment, environment as environmentOfProcess, type Progress } from '../config/index.ts';
import { feedbackMode } from './feedback-mode.ts';
import { type FeedbackStream, StatusLine } from './status-line.ts';
import {
  acquiredLine,
  elapsedLines,
  fallbackLine,
  gaveUpLine,
  type LimitNames,
  lostLine,
  waitingLine,
} from './wait-lines.ts';
import { warn } from './warn.ts';

export interface WaitFeedbackOptions {
  readonly progress: Progress;
  readonly stream: FeedbackStream;
  /** The setting that decided the limit, such as `--lock-timeout` or `HOLDFAST_LOCK_TIMEOUT`. */
  readonly limitName: string;
  /** The flag that changes the limit. Default `--lock-timeout`. */
  readonly flag?: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Default: the environment of this process. */
  readonly environment?: Environment;
}

const liveIntervalMs = 1_000;
const plainIntervalMs = 5_000;

export function createWaitFeedback(options: WaitFeedbackOptions): LockObserver {
  const {
    progress,
    stream,
    limitName,
    flag = '--lock-timeout',
    environment = environmentOfProcess(),
  } = options;
  const fallback: LockObserver['fallback'] = (event) => warn(fallbackLine(event), stream);
  const mode = feedbackMode(progress, stream, environment);
  if (mode === 'quiet') return { fallback };
  const names: LimitNames = { limitName, flag };
  const talk = new Talk({ ...options, names, isLive: mode === 'live' });
  return {
    fallback,
    waiting: (wait) => talk.begin(wait),
    acquired: ({ scope, waitedMs }) => talk.end(scope, acquiredLine(scope, waitedMs)),
    gaveUp: (event) => talk.end(event.scope, gaveUpLine(event, names)),
    lost: (event) => talk.say(lostLine(event)),
  };
}

interface TalkOptions {
  readonly stream: FeedbackStream;
  readonly now: () => number;
  readonly names: LimitNames;
  readonly isLive: boolean;
}

/** The waits that are going on, and the timer that runs while there are any. */
class Talk {
  readonly #options: TalkOptions;
  readonly #line: StatusLine;
  readonly #waits: { readonly wait: LockWait; readonly startedMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TalkOptions) {
    this.#options = options;
    this.#line = new StatusLine(options.stream);
  }

  say(line: string): void {
    this.#line.append(line);
  }

  begin(wait: LockWait): void {
    const { names, now, isLive } = this.#options;
    this.say(waitingLine(wait, names));
    this.#waits.push({ wait, startedMs: now() });
    this.#timer ??= setInterval(this.#tick, isLive ? liveIntervalMs : plainIntervalMs).unref();
  }

  /** Events name no wait but its scope: of several for one scope the oldest ends, as they are served in order. */
  end(scope: string, line: string): void {
    const place = this.#waits.findIndex(({ wait }) => wait.scope === scope);
    if (place === -1) return; // it was granted at once: nothing was said
    this.#waits.splice(place, 1);
    this.say(line);
    if (this.#waits.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #tick = (): void => {
    const { isLive, now, names } = this.#options;
    const [oldest, ...others] = this.#waits;
    const told = isLive ? [] : others;
    for (const { wait, startedMs } of oldest === undefined ? [] : [oldest, ...told]) {
      const facts = { others: isLive ? others.length : 0, flag: names.flag };
      const lines = elapsedLines(wait, now() - startedMs, facts);
      if (isLive) this.#line.show(...lines);
      else this.say(lines[1] ?? '');
    }
  };
}
