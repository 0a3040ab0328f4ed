/** From the settings of a call to those of the running mapper. */
import type { LoadedSettings } from '@holdfast/host/config';
import type { mapperSettings } from '../mapper-command.ts';
import type { MapperSettings } from '../mapper-settings.ts';

/** Two reports may be lost before a session counts as over. */
const reportsPerLease = 3;
const leastLeaseMs = 600_000;

export function plainSettings(settings: LoadedSettings<typeof mapperSettings>): MapperSettings {
  const interimMs = settings.interim.value;
  return {
    pendingLeaseMs: settings.pendingLease.value,
    sessionLeaseMs: settings.sessionLease.value ?? Math.max(reportsPerLease * interimMs, leastLeaseMs),
    interimMs,
    sessionTimeoutMs: settings.sessionTimeout.value,
    restrictedTimeoutMs: settings.restrictedTimeout.value,
    clientTimeoutMs: settings.clientTimeout.value,
    loginQueue: settings.loginQueue.value,
    spoolLimit: settings.spoolLimit.value,
    janitorIntervalMs: settings.janitorInterval.value,
    lockBackend: settings.lockBackend.value,
  };
}
