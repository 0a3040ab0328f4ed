/**
 * Tells systemd how the daemon is: READY, STATUS, WATCHDOG, STOPPING. Without `NOTIFY_SOCKET` in the environment nothing is
 * told to anybody.
 *
 * The protocol is one datagram on a Unix socket, which neither Node nor Bun can send; a native call for four short
 * messages would be one more library to trust. So `systemd-notify`, which is there wherever systemd is, sends them. It waits
 * until systemd has read the message, hence none is lost when the sender is gone; the unit needs `NotifyAccess=all`.
 */
import { spawn } from 'node:child_process';
import { errnoOf, type Log } from '@holdfast/base';
import type { Environment } from '../config/index.ts';

export interface ServiceManager {
  /** Never fails: what cannot be told is logged once. Messages arrive in the order of the calls. */
  tell(...assignments: readonly `${string}=${string}`[]): Promise<void>;
  /** How often to say that we are alive, in milliseconds; undefined when nobody asks. */
  readonly watchdogMs: number | undefined;
}

export function createServiceManager(environment: Environment, log: Log): ServiceManager {
  const { NOTIFY_SOCKET: socket = '', PATH: path = '/usr/bin:/bin' } = environment;
  if (socket === '') return { tell: async () => undefined, watchdogMs: undefined };
  const env = { NOTIFY_SOCKET: socket, PATH: path };
  let last: Promise<unknown> = Promise.resolve();
  let hasFailed = false;
  let lastText = '';
  const send = async (assignments: readonly string[]) => {
    // A process is started per message: what was said last need not be said again.
    if (assignments.join() === lastText && !assignments.includes('WATCHDOG=1')) return;
    lastText = assignments.join();
    const failure = await runNotify(assignments, env);
    if (failure === undefined || hasFailed) return;
    hasFailed = true;
    log.warn({ failure }, 'service manager cannot be told');
  };
  return {
    tell: async (...assignments) => {
      last = last.then(() => send(assignments));
      await last;
    },
    watchdogMs: watchdogOf(environment),
  };
}

/** Long enough for a busy systemd, short enough not to keep a daemon that is stopping. */
const longestMs = 10_000;

/** @returns why it failed */
function runNotify(
  assignments: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const child = spawn('systemd-notify', assignments, { env, stdio: 'ignore', timeout: longestMs });
  child.once('error', (error) => resolve(errnoOf(error) ?? 'unknown error'));
  child.once('exit', (status, signal) =>
    resolve(status === 0 ? undefined : `ended with ${status ?? signal}`),
  );
  return promise;
}

/** Half of what systemd allows, as its manual advises. A watchdog that was meant for another process is none of ours. */
function watchdogOf({ WATCHDOG_USEC: limit, WATCHDOG_PID: pid }: Environment): number | undefined {
  const ms = Number(limit) / 2_000;
  if (!Number.isFinite(ms) || ms <= 0) return undefined;
  return pid === undefined || pid === '' || Number(pid) === process.pid ? ms : undefined;
}
