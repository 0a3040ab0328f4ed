/**
 * Measures contestants in turns: one round of each, again and again, in an order that rotates. A machine that gets slower
 * or busier meanwhile does so for all of them.
 */

export interface Contestant {
  readonly name: string;
  /** One round. @returns what was measured, in the bench's unit */
  readonly round: () => number | Promise<number>;
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Rounds before the first that counts. Default 1. */
  readonly warmUps?: number;
  /** Called before each round; those that warm up have numbers below 1. */
  readonly onRound?: (round: number) => void;
}

/** @returns the values of each contestant, one per round that counts */
export async function inRounds(
  contestants: readonly Contestant[],
  { rounds, signal, warmUps = 1, onRound }: RoundsOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const values = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    onRound?.(round);
    for (let place = 0; place < contestants.length; place += 1) {
      signal.throwIfAborted();
      const contestant = contestants[(place + round + warmUps) % contestants.length];
      if (contestant === undefined) continue;
      const value = await contestant.round();
      if (round > 0) values.get(contestant.name)?.push(value);
    }
  }
  return values;
}

/** Microseconds of one call, over `count` calls one after the other. */
export async function microsPerCall(count: number, call: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  for (let done = 0; done < count; done += 1) await call();
  return ((performance.now() - startMs) * 1_000) / count;
}

/** The same for a call that blocks: without a turn of the event loop in between. */
export function microsPerBlockingCall(count: number, call: () => unknown): number {
  const startMs = performance.now();
  for (let done = 0; done < count; done += 1) call();
  return ((performance.now() - startMs) * 1_000) / count;
}
