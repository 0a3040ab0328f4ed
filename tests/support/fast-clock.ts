/** The real clock, ten times as fast: for waits that have to pass and in which nothing else happens. */
import { type Clock, systemClock } from '@holdfast/base';

const times = 10;

export const fastClock: Clock = {
  wallMs: systemClock.wallMs,
  monotonicMs: () => systemClock.monotonicMs() * times,
  sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
};
