/** How far long work is, on stderr: a live line on a terminal, a line every 5 s with `--progress plain`, nothing elsewhere. */
import { type FeedbackStream, feedbackMode, type Progress, StatusLine } from '@holdfast/host/cli';
import { environment } from '@holdfast/host/config';

export interface WorkProgress extends Disposable {
  /** @param what - what is under way: `rate-limit: 512 of 4096 documents` */
  show(what: string): void;
}

const liveEveryMs = 100;
const plainEveryMs = 5_000;

/** @param now - monotonic milliseconds */
export function createProgress(
  progress: Progress,
  stream: FeedbackStream = process.stderr,
  now: () => number = () => performance.now(),
): WorkProgress {
  const mode = feedbackMode(progress, stream, environment());
  if (mode === 'quiet') return { show: () => undefined, [Symbol.dispose]: () => undefined };
  const line = new StatusLine(stream);
  const everyMs = mode === 'live' ? liveEveryMs : plainEveryMs;
  let shownMs = now();
  return {
    show: (what) => {
      if (now() - shownMs < everyMs) return;
      shownMs = now();
      if (mode === 'live') line.show(what);
      else line.append(what);
    },
    [Symbol.dispose]: () => line.clear(),
  };
}
