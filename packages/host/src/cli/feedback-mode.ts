/** How much a command says while it waits. */
import type { Environment, Progress } from '../config/index.ts';
import type { FeedbackStream } from './status-line.ts';

/** A line that is replaced, lines that are appended, or nothing. */
export type FeedbackMode = 'live' | 'plain' | 'quiet';

/**
 * `auto` is live on a terminal and quiet elsewhere. A terminal with `CI` set is one that nobody looks at, so it is none; one
 * that calls itself `dumb` cannot take a line back, so lines are appended.
 */
export function feedbackMode(
  progress: Progress,
  stream: Pick<FeedbackStream, 'isTTY'>,
  environment: Environment,
): FeedbackMode {
  if (progress === 'none') return 'quiet';
  if (progress === 'plain') return 'plain';
  if (stream.isTTY !== true || isSet(environment.CI)) return 'quiet';
  return environment.TERM === 'dumb' ? 'plain' : 'live';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}
