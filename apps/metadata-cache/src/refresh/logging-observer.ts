/** Tells the log of acquired, contended and released locks, beside whatever a person sees of them. No counters: a log is enough. */
import type { LockObserver, Log } from '@holdfast/base';

export function loggingObserver(shown: LockObserver, log: Log): LockObserver {
  return {
    ...shown,
    waiting: (wait) => {
      log.info(wait, 'lock contended');
      shown.waiting?.(wait);
    },
    acquired: (event) => {
      log.debug(event, 'lock acquired');
      shown.acquired?.(event);
    },
    gaveUp: (event) => {
      log.debug(event, 'wait for the lock ended');
      shown.gaveUp?.(event);
    },
    released: (event) => {
      log.debug(event, 'lock released');
      shown.released?.(event);
    },
    lost: (event) => {
      log.warn(event, 'lock lost');
      shown.lost?.(event);
    },
    fallback: (event) => {
      log.warn(event, 'weaker lock backend in use');
      shown.fallback?.(event);
    },
  };
}
