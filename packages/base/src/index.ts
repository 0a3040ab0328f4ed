/** The words every other package speaks. Level 0: imports nothing but Node. */
export { type BackoffOptions, backoff } from './backoff.ts';
export { type Clock, systemClock } from './clock.ts';
export { formatDuration, parseDuration } from './duration.ts';
export { type ErrorCode, type ErrorEntry, errorTable } from './error-table.ts';
export { type Held, type LockMode, requireHeld } from './held.ts';
export { type ErrorDetails, errnoOf, HoldfastError, isHoldfastError } from './holdfast-error.ts';
export { type LockGuarantee, unmetGuarantees } from './lock-guarantee.ts';
export type { LockObserver, LockParty, LockReport, LockWait } from './lock-observer.ts';
export { type Log, silentLog } from './log.ts';
export { partyName } from './party-name.ts';
