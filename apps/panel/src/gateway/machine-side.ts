/**
 * What the machine of a gateway keeps beside truth, read from its files: the last runs, and who has the lock. For a panel that
 * runs as the daemon's user, while there is no daemon to ask.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type SidePlace, standingLock, standingRuns } from '@holdfast/gateway-policy/explain';
import type { GatewayLock, Run } from '@holdfast/panel-client/schema';

/** @throws HoldfastError as `readLastRuns` does */
export async function machineRuns(place: SidePlace, gateway: string): Promise<Run[]> {
  return [...(await standingRuns(place, gateway))];
}

/**
 * @returns null where nothing says that the gateway is of this machine: its lock would look free here, whoever has it there
 * @throws HoldfastError as `LockRunner.who` does
 */
export async function machineLock(place: SidePlace, gateway: string): Promise<GatewayLock | null> {
  if (!existsSync(join(place.stateDir, 'runs', `${gateway}.json`))) return null;
  const lock = await standingLock(place, gateway);
  return lock === null ? null : { ...lock, waiters: [...lock.waiters] };
}
