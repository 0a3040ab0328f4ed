/**
 * What a person sees while a command waits for a lock, on stderr only.
 *
 * A terminal gets a first line at once (who holds it, the limit, how to cancel and which flag changes the limit), a live
 * line once a second, and a closing line with the outcome. `plain` appends a line every 5 s instead, for logs. `auto` is
 * live on a terminal and quiet elsewhere.
 */
import { formatDuration, type LockObserver, type LockWait } from '@holdfast/base';

export type Progress = 'auto' | 'plain' | 'none';

/** Where the talk goes: stderr, or a double in a test. */
export interface FeedbackStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface WaitFeedbackOptions {
  readonly progress: Progress;
  readonly stream: FeedbackStream;
  /** The setting that decided the limit, such as `--lock-timeout`. */
  readonly limitName: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const liveIntervalMs = 1_000;
const plainIntervalMs = 5_000;

export function createWaitFeedback(options: WaitFeedbackOptions): LockObserver {
  const { progress, stream, limitName, now } = options;
  const isLive = progress === 'auto' && stream.isTTY === true;
  if (!isLive && progress !== 'plain') return {};
  const waits: Wait[] = [];

  const live = (text: string) => {
    const width = stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
    stream.write(`\r\x1b[K${text.slice(0, width - 1)}`);
  };
  const append = (line: string) => {
    if (isLive) live('');
    stream.write(`${line}\n`);
  };
  const begin = (wait: LockWait) => {
    const startedMs = now();
    const tick = () => {
      const line = `still waiting for ${wait.scope}: ${elapsed(now() - startedMs, wait.waitMs)}`;
      if (isLive) live(line);
      else append(line);
    };
    const timer = setInterval(tick, isLive ? liveIntervalMs : plainIntervalMs);
    timer.unref();
    waits.push({ scope: wait.scope, timer });
  };
  /** Events name no wait but its scope: of several for one scope the oldest ends, as they are served in order. */
  const end = (scope: string, line: string) => {
    const place = waits.findIndex((wait) => wait.scope === scope);
    for (const { timer } of place === -1 ? [] : waits.splice(place, 1)) {
      clearInterval(timer);
      append(line);
    }
  };
  return {
    waiting: (wait) => {
      append(
        `waiting for ${wait.scope}${heldBy(wait)} (${limitOf(wait.waitMs)}, ${limitName}); Ctrl-C cancels`,
      );
      begin(wait);
    },
    acquired: ({ scope, waitedMs }) => end(scope, `lock on ${scope} acquired after ${seconds(waitedMs)}`),
    gaveUp: ({ scope, outcome, waitedMs }) => {
      const what = outcome === 'timeout' ? 'gave up waiting' : 'cancelled the wait';
      end(scope, `${what} for ${scope} after ${seconds(waitedMs)}; ${limitName} sets the limit`);
    },
  };
}

interface Wait {
  readonly scope: string;
  readonly timer: NodeJS.Timeout;
}

function heldBy({ holder }: LockWait): string {
  if (holder === undefined) return '';
  const since = holder.sinceMs === undefined ? '' : ` for ${seconds(holder.sinceMs)}`;
  return `, held by pid ${holder.pid} (${holder.purpose ?? 'unknown purpose'})${since}`;
}

function limitOf(waitMs: number): string {
  return waitMs === Number.POSITIVE_INFINITY ? 'limit: infinite' : `limit: ${formatDuration(waitMs)}`;
}

function elapsed(elapsedMs: number, waitMs: number): string {
  if (waitMs === Number.POSITIVE_INFINITY) return `${seconds(elapsedMs)} elapsed, no limit`;
  return `${seconds(elapsedMs)} elapsed, ${seconds(Math.max(0, waitMs - elapsedMs))} left`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
