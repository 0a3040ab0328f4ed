/** From the settings of a policy command to what its run is told. */
import { type LockObserver, systemClock } from '@holdfast/base';
import { createWaitFeedback, warn } from '@holdfast/host/cli';
import { asLockTimeout, type LoadedSettings, type lockTimeout, longWaitWarning } from '@holdfast/host/config';
import type { PolicyContextOptions } from './policy-place.ts';
import type { policySettings } from './policy-settings.ts';

/** What every policy command's table contains. */
export type PolicySettingTable = typeof policySettings & {
  readonly lockTimeout: ReturnType<typeof lockTimeout>;
};

export type PolicySettings = LoadedSettings<PolicySettingTable>;

/** Warns on stderr of a wait that nobody can have meant. */
export function contextOptionsOf(settings: PolicySettings): PolicyContextOptions {
  const warning = longWaitWarning(asLockTimeout(settings.lockTimeout));
  if (warning !== undefined) warn(warning);
  return {
    stateDir: settings.stateDirectory,
    database: settings.database.value,
    gateway: settings.gateway.value,
    dataplane: settings.dataplane.value,
    netns: settings.netns.value,
    device: settings.device.value,
    lockBackend: settings.lockBackend.value,
    removals: { maxRatio: settings.removalShare.value / 100, minCount: settings.removalCount.value },
    observer: observerOf(settings),
  };
}

function observerOf(settings: PolicySettings): LockObserver {
  return createWaitFeedback({
    progress: settings.progress.value,
    stream: process.stderr,
    limitName: settings.lockTimeout.name,
    now: () => systemClock.monotonicMs(),
  });
}
