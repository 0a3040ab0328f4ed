/** The backend of a runner: the one that was asked for, or the one that the file system of the directory allows. */
import { createFlockBackend } from './flock-backend.ts';
import type { LockBackend, LockBackendContext, LockBackendFactory } from './lock-backend.ts';
import { createProcessBackend } from './process-backend.ts';

/** `auto` is flock on a local file system. A factory brings a backend with peers or options of its own. */
export type LockBackendChoice = 'auto' | 'flock' | 'process' | LockBackendFactory;

export function chooseBackend(choice: LockBackendChoice, context: LockBackendContext): LockBackend {
  if (typeof choice === 'function') return choice(context);
  if (choice === 'process') return createProcessBackend(context);
  return createFlockBackend(context);
}
