/** Fair, cancellable locks that say what they guarantee. */
export { lockFileName } from './lock-name.ts';
export { type LockOptions, LockRunner, type LockRunnerOptions } from './lock-runner.ts';
