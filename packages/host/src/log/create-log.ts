/**
 * pino on stderr, one JSON line per event. Written synchronously: a command that is killed has said what it knew. Secrets
 * are redacted by path, never by looking at values.
 */
import type { Log } from '@holdfast/base';
import { destination, pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const secretPaths = [
  'password',
  'secret',
  'token',
  'database',
  '*.password',
  '*.secret',
  '*.token',
  '*.database',
];

export function createLog(options: { readonly name: string; readonly level: LogLevel }): Log {
  const stream = destination({ fd: 2, sync: true });
  // A log that cannot be written is no failure of the command, and there is no other place to say it.
  stream.on('error', () => undefined);
  return pino(
    {
      name: options.name,
      level: options.level,
      redact: { paths: secretPaths, censor: '[redacted]' },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      base: { pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
