/**
 * Calls that are made at once under one hold follow one another. The lock keeps others out; this keeps a holder from
 * overtaking itself.
 */
import type { Held } from '@holdfast/base';

const tails = new WeakMap<Held, Promise<unknown>>();

export async function inTurnOf<Result>(held: Held, task: () => Promise<Result>): Promise<Result> {
  const turn = (tails.get(held) ?? Promise.resolve()).then(task);
  tails.set(
    held,
    turn.catch(() => undefined), // who waits for its end does not care how it ended
  );
  return await turn;
}
