/** When a NAS is asked again that did not do what it was asked; the figures of this leg in one place. */

/** A NAS that answers nobody: half a minute after the first run that found it so, doubling with each further one. */
const firstSilenceMs = 30_000;
/** Nothing is put off for longer. */
export const longestRetryMs = 600_000;
/** It answers others, but nothing came for this session. */
export const unansweredRetryMs = 60_000;
/** It refused: the same is worth asking again only after somebody has looked at it. */
export const refusedRetryMs = longestRetryMs;
/** It has acknowledged a Disconnect-Request: its Stop comes within seconds, or was lost. Then it does not know the session. */
export const stopExpectedMs = 60_000;

/** @param runs - how many in a row it was silent, from 1 */
export function silenceRetryMs(runs: number): number {
  return Math.min(firstSilenceMs * 2 ** Math.min(runs - 1, 16), longestRetryMs);
}
