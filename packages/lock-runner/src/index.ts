/** Fair, cancellable locks that say what they guarantee. */
export type { LockBackendChoice } from './choose-backend.ts';
export type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from './lock-backend.ts';
export { lockFileName } from './lock-name.ts';
export { type LockOptions, LockRunner, type LockRunnerOptions } from './lock-runner.ts';
