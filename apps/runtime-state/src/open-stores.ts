/** The stores of a call, on the directories that flags, environment and file lead to. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HoldfastError, type LockObserver, systemClock } from '@holdfast/base';
import { createWaitFeedback, type Progress } from '@holdfast/host/cli';
import type { LoadedSettings, Resolved } from '@holdfast/host/config';
import { LockRunner } from '@holdfast/lock-runner';
import { findStores, type StoreArea, type StoresOnDisk } from '@holdfast/runtime-stores';
import type { StoreSettings } from './store-settings.ts';

export type StorePlace = LoadedSettings<StoreSettings>;

export interface OpenStores extends StoresOnDisk {
  /** `STATE_DIR/stores`. */
  readonly directory: string;
  readonly lockDirectory: string;
  readonly runner: LockRunner;
}

/** How a command waits for locks, where it does. */
export interface StoreWaits {
  readonly observer?: LockObserver;
  /** In milliseconds. */
  readonly waitMs?: number;
}

/**
 * @throws HoldfastError STATE_DIRECTORY - there is no state directory
 * @throws HoldfastError USAGE - the salt cannot rotate as the settings say
 */
export function openStores(
  settings: StorePlace,
  { observer = quietObserver(), waitMs }: StoreWaits = {},
): OpenStores {
  const stateDirectory = resolve(settings.stateDirectory);
  if (statSync(stateDirectory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new HoldfastError('STATE_DIRECTORY', `there is no state directory ${stateDirectory}`, {
      details: { directory: stateDirectory },
    });
  const directory = join(stateDirectory, 'stores');
  const lockDirectory = join(stateDirectory, 'locks');
  const runner = new LockRunner({
    directory: lockDirectory,
    backend: settings.lockBackend.value,
    observer,
  });
  const schedule = {
    rotateEveryMs: settings.saltRotateEvery.value,
    overlapMs: settings.saltOverlap.value,
  };
  const counters = settings.rateLimitDir.value;
  const rateLimitDirectory = counters === undefined ? undefined : resolve(counters);
  return {
    directory,
    lockDirectory,
    runner,
    ...findStores({ directory, rateLimitDirectory, runner, schedule, waitMs }),
  };
}

/** As the settings of the call say, and so that a person sees it. */
export function waitsOf(settings: {
  readonly progress: Resolved<Progress>;
  readonly lockTimeout: Resolved<number>;
}): StoreWaits {
  const { value: waitMs, name: limitName } = settings.lockTimeout;
  const now = () => systemClock.monotonicMs();
  const feedback = { progress: settings.progress.value, stream: process.stderr, limitName, now };
  return { waitMs, observer: createWaitFeedback(feedback) };
}

/**
 * The area of a name, or of the one store that is called so.
 *
 * @throws HoldfastError USAGE
 */
export function areaOf({ areas }: StoresOnDisk, name: string): StoreArea {
  const exact = areas.find((area) => area.name === name);
  if (exact !== undefined) return exact;
  const [only, ...others] = areas.filter(({ store }) => store === name);
  if (only !== undefined && others.length === 0) return only;
  const names = areas.map((area) => area.name).join(', ');
  throw new HoldfastError(
    'USAGE',
    `there is no area ${JSON.stringify(name.slice(0, 80))}; there are ${names}`,
    {
      details: { area: name, areas: areas.map((area) => area.name) },
    },
  );
}

/** Nobody waits, but that the locks are kept in another way than wanted has to be known. */
function quietObserver(): LockObserver {
  return createWaitFeedback({ progress: 'none', stream: process.stderr, limitName: '', now: () => 0 });
}
