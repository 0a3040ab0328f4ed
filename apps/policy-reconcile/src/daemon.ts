/**
 * `vpn-policy-reconcile --watch`: runs when a trigger is recorded, when the spool has an event and when the interval has
 * passed, one run at a time, until asked to stop.
 *
 * Each run opens everything anew: a truth that was restored from a backup, moved or replaced must not live on in a
 * descriptor of ours. Between runs only the question for new triggers is asked.
 */
import { join } from 'node:path';
import { type Clock, formatDuration, type Log, systemClock } from '@holdfast/base';
import { watch } from '@holdfast/cycle';
import { watchSpool } from '@holdfast/gateway-policy';
import { openContext, type PolicyRequest, spoolDirectoryOf } from '@holdfast/gateway-policy/command';
import { warn } from '@holdfast/host/cli';
import { environment, prepareDirectory } from '@holdfast/host/config';
import { openEndpoints } from '@holdfast/host/http';
import { createServiceManager, endedWithin, watchdog } from '@holdfast/host/service';
import { DaemonLoop } from './daemon-loop.ts';
import { watchGround } from './ground.ts';
import { openLook } from './kernel-look.ts';
import { KernelWatch } from './kernel-watch.ts';
import type { ReconcileSettings } from './policy-request.ts';
import { standingAnswer } from './standing-answer.ts';
import { createTriggerProbe } from './trigger-probe.ts';

export interface DaemonOptions {
  readonly settings: ReconcileSettings;
  readonly log: Log;
  /** Asks to stop: the run under way ends, then the daemon does. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Called at the steps of runs. Tests stop the world here. */
  readonly onStep?: PolicyRequest['onStep'];
  /** How long a step of a run may take before the daemon calls itself dead, in milliseconds; 300 000. */
  readonly stepLimitMs?: number;
  /** How long the run under way may go on after the signal, in milliseconds; 30 000. */
  readonly drainMs?: number;
}

/** How long what is left may take when the last run has ended: connections that nobody answers on. */
const farewellMs = 2_000;

/**
 * @returns the exit status: 0 after a stop that was asked for, else that of what cannot be waited out
 * @throws HoldfastError LISTEN_FAILED - the address of `--listen` cannot be used
 * @throws HoldfastError STATE_DIRECTORY - the spool is not there and cannot be made
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { settings, log, clock = systemClock } = options;
  const spoolDirectory = spoolDirectoryOf(settings.stateDirectory);
  prepareDirectory(spoolDirectory); // a hook that finds none has nowhere to tell us
  const manager = createServiceManager(environment(), log);
  const loop = new DaemonLoop({ ...options, clock, manager });
  const over = new AbortController();
  const look = openLook({ settings, clock, expectsRun: () => !loop.isFailing });
  const place = { stateDir: settings.stateDirectory, lockBackend: settings.lockBackend.value };
  const documents = {
    '/kernel': new KernelWatch({ look, clock, log }).answer,
    '/standing': standingAnswer({ place, gatewayOf: () => loop.gateway, clock, log }),
  };
  const endpoints = { ...loop.answers, documents, listen: settings.listen };
  const server = await openEndpoints({ ...endpoints, log, signal: over.signal });
  const database = settings.database.value ?? `sqlite:${join(settings.stateDirectory, 'truth.sqlite')}`;
  const probe = createTriggerProbe({ database, open: () => openContext(settings), clock });
  const { stop, wakeups, ready } = loop;
  const intervalMs = settings.interval.value;

  using _drain = boundedDrain(options, loop.stop);
  using _watchdog = watchdog(manager, () => loop.isAlive);
  const { onLook, onAway } = loop;
  const ground = watchGround({ probe, signal: stop, clock, onLook, onAway });
  const spool = watchSpool(spoolDirectory, () => wakeups.wake('spool'), stop);
  log.info({ intervalMs }, 'watching');
  await watch(loop.run, { intervalMs, signal: stop, wakeups, ready, clock });

  over.abort();
  const rest = Promise.all([ground.then(() => probe[Symbol.asyncDispose]()), spool, server?.closed]);
  await endedWithin(farewellMs, rest);
  log.info({}, 'stopped');
  return loop.exitStatus;
}

/**
 * A run that does not end cuts the drain short: the next run rolls forward what it has begun. We ask ourselves a second time,
 * which is what an operator would do.
 */
function boundedDrain({ drainMs = 30_000 }: DaemonOptions, stop: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => {
      warn(`the run under way has not ended within ${formatDuration(drainMs)}: it is cut short`);
      process.kill(process.pid, 'SIGTERM');
    }, drainMs);
  };
  stop.addEventListener('abort', begin, { once: true });
  return {
    [Symbol.dispose]: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
