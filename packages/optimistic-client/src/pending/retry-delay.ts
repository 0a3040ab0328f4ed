/** How long to wait before the same request is sent again. */
import type { Answer } from '../answer/answer.ts';

const firstMs = 500;
const mostMs = 30_000;

/**
 * Doubling from half a second to half a minute, with full jitter; never sooner than the server asked for.
 *
 * @param attempt - 1 after the first failure
 * @param random - in [0, 1)
 * @returns milliseconds
 */
export function retryDelayMs(answer: Answer, attempt: number, random: number): number {
  const cappedMs = Math.min(firstMs * 2 ** Math.min(attempt - 1, 16), mostMs);
  const askedMs = 'retryAfterMs' in answer ? (answer.retryAfterMs ?? 0) : 0;
  // Behind what was asked for there is jitter too, or everybody who was sent away comes back at once.
  return askedMs + random * cappedMs;
}
