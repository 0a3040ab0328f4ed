/** The daemon: endpoints and rounds, held together until the stop, ended in the order in which one needs the other. */
import { join, resolve } from 'node:path';
import { type Clock, type Log, systemClock } from '@holdfast/base';
import { watch } from '@holdfast/cycle';
import { environment, type LoadedSettings, prepareDirectory } from '@holdfast/host/config';
import { type EndpointOptions, openEndpoints } from '@holdfast/host/http';
import { createServiceManager, watchdog } from '@holdfast/host/service';
import { openStores } from '../open-stores.ts';
import { Keeper } from './keeper.ts';
import { createKeeperMetrics, type KeeperMetrics } from './keeper-metrics.ts';
import type { serveSettings } from './serve-command.ts';

export interface RunKeeperOptions {
  readonly settings: LoadedSettings<typeof serveSettings>;
  readonly log: Log;
  /** Asks to stop: the store at hand is finished, then the daemon ends. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** A step takes milliseconds, a wait for a lock as long as it may. */
const stepLimitMs = 300_000;

/**
 * @returns the exit status
 * @throws HoldfastError LISTEN_FAILED, STATE_DIRECTORY, USAGE - it cannot be started
 */
export async function runKeeper(options: RunKeeperOptions): Promise<number> {
  const { settings, log, signal, clock = systemClock } = options;
  prepareDirectory(join(resolve(settings.stateDirectory), 'stores'));
  const waitMs = settings.lockTimeout.value;
  const open = () => openStores(settings, { waitMs });
  open(); // what is wrong with the settings is better known now
  const intervalMs = settings.sweepInterval.value;
  const metrics = createKeeperMetrics();
  const keeper = new Keeper({ open, waitMs, keepResetsMs: settings.keepResets.value, log, metrics, clock });
  const isAlive = () => keeper.stillForMs <= intervalMs * 1.1 + waitMs + stepLimitMs;
  const over = new AbortController();
  const answers = answersOf({ keeper, metrics, isAlive, signal });
  const server = await openEndpoints({ ...answers, listen: settings.listen, log, signal: over.signal });
  const manager = createServiceManager(environment(), log);
  const round = async () => {
    const end = await keeper.round(signal);
    // The first one is said to have started us; a message that was told last is not told again.
    void manager.tell('READY=1', `STATUS=${keeper.reasons[0] ?? 'all stores are whole'}`);
    return end;
  };
  log.info({ intervalMs }, 'keeping');
  using _watchdog = watchdog(manager, isAlive);
  signal.addEventListener('abort', () => void manager.tell('STOPPING=1'), { once: true });
  await watch(round, { intervalMs, signal, clock });
  over.abort();
  await server?.closed;
  log.info({}, 'stopped');
  return 0;
}

interface StatusParts {
  readonly keeper: Keeper;
  readonly metrics: KeeperMetrics;
  readonly isAlive: () => boolean;
  readonly signal: AbortSignal;
}

function answersOf({ keeper, metrics, isAlive, signal }: StatusParts) {
  const reasons = () => [...(signal.aborted ? ['the daemon is stopping'] : []), ...keeper.reasons];
  return {
    health: () => ({
      reasons: isAlive() ? [] : ['a round does not get on'],
      facts: { stillForMs: keeper.stillForMs },
    }),
    readiness: () => ({ reasons: reasons() }),
    metrics: () => {
      metrics.set('holdfast_stores_ready', reasons().length === 0 ? 1 : 0, {});
      return metrics.read();
    },
  } satisfies Partial<EndpointOptions>;
}
