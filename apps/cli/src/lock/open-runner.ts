/** The lock runner of a call, on the directory that flags, environment and file lead to. */
import { join, resolve } from 'node:path';
import type { LockObserver } from '@holdfast/base';
import { createWaitFeedback } from '@holdfast/host/cli';
import type { LoadedSettings } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import type { lockSettings } from './lock-command.ts';

type LockPlace = LoadedSettings<typeof lockSettings>;

/** As the policy commands have it, unless another one is named: `locks` in the state directory. */
export function lockDirectoryOf({ lockDir, stateDirectory }: LockPlace): string {
  return resolve(lockDir.value ?? join(stateDirectory, 'locks'));
}

export function openRunner(settings: LockPlace, observer: LockObserver = quietObserver()): LockRunner {
  return new LockRunner({
    directory: lockDirectoryOf(settings),
    backend: settings.lockBackend.value,
    observer,
  });
}

/** Nobody waits, but that the locks are kept in another way than wanted has to be known. */
function quietObserver(): LockObserver {
  return createWaitFeedback({ progress: 'none', stream: process.stderr, limitName: '', now: () => 0 });
}
