/** What a command that may write is made of, from its settings: cache, source, feedback, log. The only place that does so. */
import { type LockObserver, type Log, silentLog, systemClock } from '@holdfast/base';
import { createWaitFeedback, feedbackMode, warn } from '@holdfast/host/cli';
import { asLockTimeout, environment, type LoadedSettings, longWaitWarning } from '@holdfast/host/config';
import type { LogLevel } from '@holdfast/host/log';
import type { fetchSettings, writerSettings } from '../cache-settings.ts';
import { type Cache, openCache } from '../open-cache.ts';
import type { CatalogueSource } from '../source/catalogue-source.ts';
import { sourceOf } from '../source/source-of.ts';
import { FetchFeedback } from './fetch-feedback.ts';
import { loggingObserver } from './logging-observer.ts';
import type { RefreshOptions } from './run-refresh.ts';

export type WriterSettings = LoadedSettings<typeof writerSettings>;
export type FetchSettings = LoadedSettings<typeof fetchSettings>;

export interface Writing {
  readonly cache: Cache;
  readonly source: CatalogueSource;
  readonly log: Log;
}

/** @throws HoldfastError as `openCache` */
export async function composeWriting(settings: WriterSettings): Promise<Writing> {
  const { lockTimeout, lockBackend, stateDirectory, logLevel, source: word, foojayUrl } = settings;
  const limit = asLockTimeout(lockTimeout);
  const warning = longWaitWarning(limit);
  if (warning !== undefined && !settings.quiet.value) warn(warning);
  const log = await openLog(logLevel.value);
  log.debug(limit, 'limit of the wait decided');
  const source = sourceOf(word.value, foojayUrl.value);
  const observer = loggingObserver(waitFeedback(settings), log);
  return {
    cache: openCache({ stateDirectory, source, lockBackend: lockBackend.value, observer }),
    source,
    log,
  };
}

/** What a refresh needs besides its reason. */
export async function composeRefresh(
  settings: FetchSettings,
  signal: AbortSignal,
): Promise<Omit<RefreshOptions, 'reason'>> {
  const writing = await composeWriting(settings);
  return {
    ...writing,
    maxAgeMs: settings.maxAge.value,
    waitMs: settings.lockTimeout.value,
    fetchTimeoutMs: settings.fetchTimeout.value,
    maxBytes: settings.maxSize.value,
    signal,
    feedback: new FetchFeedback({
      mode: feedbackMode(progressOf(settings), process.stderr, environment()),
      stream: process.stderr,
      source: writing.source.name,
      now: () => systemClock.monotonicMs(),
    }),
  };
}

function waitFeedback(settings: WriterSettings): LockObserver {
  return createWaitFeedback({
    progress: progressOf(settings),
    stream: process.stderr,
    limitName: settings.lockTimeout.name,
    now: () => systemClock.monotonicMs(),
  });
}

function progressOf({ quiet, progress }: WriterSettings) {
  return quiet.value ? 'none' : progress.value;
}

/** Loads the logger only when something would be logged: it costs a command more than its own start. */
async function openLog(level: LogLevel): Promise<Log> {
  if (level !== 'debug' && level !== 'info') return silentLog;
  const { createLog } = await import('@holdfast/host/log');
  return createLog({ name: 'metadata-cache', level });
}
