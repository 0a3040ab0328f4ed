/**
 * Sends the same request again while the answer says that this may help. The body is the same to the letter, so a mutation whose
 * answer was lost is answered with what it did, and done once.
 */
import type { ClientClock } from '../client-clock.ts';
import { type HttpAnswer, isWorthRepeating, retryAfterMsOf } from './http-answer.ts';

export interface RepeatOptions {
  /** All tries, the first one too. */
  readonly tries: number;
  readonly clock: ClientClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal | undefined;
}

const firstMs = 250;
const mostMs = 10_000;

/** @returns the answer of the last try */
export async function repeat(
  send: () => Promise<HttpAnswer>,
  { tries, clock, random, signal }: RepeatOptions,
): Promise<HttpAnswer> {
  for (let tried = 1; ; tried += 1) {
    const answer = await send();
    if (tried >= tries || !isWorthRepeating(answer)) return answer;
    await clock.sleep(delayMs(answer, tried, random()), signal);
  }
}

/** What the server asked for, and behind it full jitter, or everybody who was sent away comes back at once. */
function delayMs(answer: HttpAnswer, tried: number, random: number): number {
  return (retryAfterMsOf(answer) ?? 0) + random * Math.min(firstMs * 2 ** (tried - 1), mostMs);
}
