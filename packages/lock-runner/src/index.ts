/** Fair, cancellable locks that say what they guarantee. */
export type { LockBackendChoice } from './choose-backend.ts';
export { layeredBackend } from './layered-backend.ts';
export { flockBackend, processBackend } from './layered-parts.ts';
export { type ListedLock, listLocks } from './list-locks.ts';
export type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from './lock-backend.ts';
export { lockFileName } from './lock-name.ts';
export { type LockOptions, LockRunner, type LockRunnerOptions } from './lock-runner.ts';
export { type LockfileOptions, lockfileBackend } from './lockfile-backend.ts';
