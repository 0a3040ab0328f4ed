/** The backends without options of their own, as factories: for `layeredBackend`, and wherever one is passed on. */
import { createFlockBackend } from '../flock/flock-backend.ts';
import type { LockBackendFactory } from '../lock-backend.ts';
import { createProcessBackend } from '../process/process-backend.ts';

export function processBackend(): LockBackendFactory {
  return createProcessBackend;
}

export function flockBackend(): LockBackendFactory {
  return createFlockBackend;
}
