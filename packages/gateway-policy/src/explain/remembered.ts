/**
 * A question whose answer serves everybody who asks while it is under way, and for a moment after: however many look at a
 * page, what is behind it is asked once. A failure is an answer, and remembered like one.
 */
import type { Clock } from '@holdfast/base';

export function remembered<Answer>(
  ask: () => Promise<Answer>,
  { clock, forMs }: { readonly clock: Clock /** From the end of the question. */; readonly forMs: number },
): () => Promise<Answer> {
  let asked: { readonly answer: Promise<Answer>; untilMs: number } | undefined;
  return () => {
    if (asked !== undefined && clock.monotonicMs() < asked.untilMs) return asked.answer;
    const now = { answer: ask(), untilMs: Number.POSITIVE_INFINITY };
    const settle = () => {
      now.untilMs = clock.monotonicMs() + forMs;
    };
    now.answer.then(settle, settle);
    asked = now;
    return now.answer;
  };
}
