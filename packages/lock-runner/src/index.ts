/** Fair, cancellable locks that say what they guarantee. */
export type { LockBackendChoice } from './choose-backend.ts';
export { type ListedLock, listLocks } from './directory/list-locks.ts';
export { seenGeneration } from './directory/seen-generation.ts';
export { layeredBackend } from './layered/layered-backend.ts';
export { flockBackend, processBackend } from './layered/layered-parts.ts';
export type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from './lock-backend.ts';
export type { LockEvent } from './lock-events.ts';
export { lockFileName } from './lock-name.ts';
export { type LockOptions, LockRunner, type LockRunnerOptions } from './lock-runner.ts';
export { type LockfileOptions, lockfileBackend } from './lockfile/lockfile-backend.ts';
