/** The command line of the daemon. */
import type { CommandDefinition } from '@holdfast/host/cli';
import { oneOf, type Setting, type SettingTable } from '@holdfast/host/config';
import { listen } from '@holdfast/host/listen';
import type { LogLevel } from '@holdfast/host/log';
import { duration, storeSettings, sweepSettings } from '../store-settings.ts';

const { lockTimeout, keepResets } = sweepSettings;

export const serveSettings = {
  ...storeSettings,
  listen: listen('127.0.0.1:8083', '/healthz, /readyz and /metrics'),
  sweepInterval: duration('--sweep-interval', 'rest between two rounds', 300_000, 100),
  lockTimeout,
  keepResets,
  logLevel: {
    flag: '--log-level',
    argument: 'level',
    describe: 'debug, info (the default), warn, error or silent',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
  } as Setting<LogLevel>,
} satisfies SettingTable;

export const serveCommand: CommandDefinition = {
  name: 'runtime-state serve',
  describe: 'Sweep, rotate and repair the stores of this host, again and again until asked to stop.',
  settings: serveSettings,
  epilogue: `A round does what runtime-state sweep does, and lets the steward of each store decide on what is damaged. Of several
daemons on one state directory one works at a time, by the lock stores:keeper. --json is for failures at the start.

Exit status:
  0    asked to stop, and the round under way has ended
  64   usage             69  the address of --listen cannot be used
  73   state directory   78  configuration
  130  interrupted twice, 143 terminated twice

Examples:
  runtime-state serve --sweep-interval 1m
  runtime-state serve --listen unix:/run/holdfast/keeper.sock --salt-rotate-every 24h --salt-overlap 6h`,
};
