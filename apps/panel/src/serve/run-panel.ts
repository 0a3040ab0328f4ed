/**
 * The daemon: everything is held together until the stop, and ended in the order in which one part needs the other: streams of
 * events, requests under way, sweeps, the database.
 *
 * It starts while a database server is away, answers that it has nothing to say, and goes to work when it is back. What waiting
 * cannot mend (no schema, no access, a database file that was replaced) ends it.
 */
import { type Clock, type HoldfastError, type Log, systemClock } from '@holdfast/base';
import { warn } from '@holdfast/host/cli';
import { environment, type LoadedSettings } from '@holdfast/host/config';
import { openEndpoints, serve } from '@holdfast/host/http';
import { announcedUntil, createServiceManager, endedWithin } from '@holdfast/host/service';
import { createApp } from '../app/create-app.ts';
import { descriptionPath } from '../app/openapi-route.ts';
import { DatabaseWatch } from './database-watch.ts';
import { type OpenPanel, openPanel } from './open-panel.ts';
import { builtSite, type panelSettings } from './panel-command.ts';
import { cacheMetrics } from './panel-metrics.ts';
import { loadStaticSite } from './static-site.ts';
import { sweepUntil } from './sweeps.ts';
import { watchedApp } from './watched-app.ts';

export interface PanelOptions {
  readonly settings: LoadedSettings<typeof panelSettings>;
  readonly log: Log;
  /** Asks to stop: requests under way are answered, then the daemon ends. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** A page asks for its files and lists over six connections, and keeps them for the next click. */
const limits = {
  headerBytes: 16_384, // a refresh cookie, an access token and what proxies add; Bun keeps this limit too
  headersMs: 5_000,
  requestMs: 15_000,
  idleMs: 30_000,
  silenceMs: 60_000, // events have a sign of life every 15 s
} as const;
/** When a start is over. */
const settledMs = 2_000;
/** How long requests under way may take after the stop, and what is left after them. */
const graceMs = 5_000;
const farewellMs = 3_000;

/**
 * @returns the exit status
 * @throws HoldfastError USAGE, LISTEN_FAILED, CONFIG_INVALID, SECRET_EXPOSED, STATE_DIRECTORY, SCHEMA_MISSING, SCHEMA_NEWER, … - it
 *   cannot be started
 * @throws HoldfastError DATABASE_UNREACHABLE - its database was replaced while it ran
 */
export async function runPanel(options: PanelOptions): Promise<number> {
  const { settings, log, signal, clock = systemClock } = options;
  const panel = await openPanel({ settings, log, clock });
  const { parts } = panel;
  const stop = new AbortController();
  const rest = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { once: true });
  if (signal.aborted) stop.abort();
  const watch = new DatabaseWatch({ ...panel, ...parts, log, clock });
  const work = [watch.watch(rest.signal)];
  let failure: HoldfastError | undefined;
  void watch.replaced.then((error) => {
    failure = error;
    stop.abort();
  });
  try {
    await requireFit(watch);
    const { app, watched } = appOf(panel, options, watch);
    const server = await serve(watched, {
      ...limits,
      listen: settings.listen.value,
      connections: settings.maxConnections.value,
      signal: stop.signal,
      graceMs,
      ...(panel.tls !== undefined && { tls: panel.tls }),
    });
    work.push(askedEarly(app, stop.signal, clock));
    work.push(parts.feed.run(stop.signal), sweepUntil(stop.signal, { ...panel, ...parts, log, clock }));
    log.info({ url: server.url }, 'listening');
    warnOfClearText(settings, panel, server.url);
    const status = await openEndpoints({
      ...answersOf(panel, watch, stop.signal),
      listen: settings.statusListen,
      log,
      signal: rest.signal,
    });
    const manager = createServiceManager(environment(), log);
    await announcedUntil(stop.signal, { manager, url: server.url });
    await server.closed;
    rest.abort();
    await status?.closed;
  } finally {
    stop.abort();
    rest.abort();
    await endedWithin(
      farewellMs,
      Promise.all(work).then(() => panel[Symbol.asyncDispose]()),
    );
  }
  if (failure !== undefined) throw failure;
  log.info({}, 'stopped');
  return 0;
}

function appOf(
  { parts, metrics, isSecure }: OpenPanel,
  { settings, log, clock = systemClock }: PanelOptions,
  watch: DatabaseWatch,
) {
  const site = loadStaticSite(settings.site.value ?? builtSite);
  const headers = { isSecure };
  const app = createApp(parts, site, headers);
  const options = { app, site, headers, log, clock, metrics, isDatabaseThere: () => watch.isThere };
  return { app, watched: watchedApp(options) };
}

/** What takes long the first time is asked for once, when everybody who waited for the start has been answered. */
async function askedEarly(app: ReturnType<typeof createApp>, signal: AbortSignal, clock: Clock) {
  await clock.sleep(settledMs, signal).catch(() => undefined); // only the stop ends it early
  if (!signal.aborted) await app.request(descriptionPath);
}

/** Failures of the first look that waiting may mend. */
const passing: ReadonlySet<string> = new Set([
  'DATABASE_UNREACHABLE',
  'DATABASE_BUSY',
  'DATABASE_OUTCOME_UNKNOWN',
]);

async function requireFit({ firstLook }: DatabaseWatch): Promise<void> {
  const failure = await firstLook;
  if (failure !== undefined && !passing.has(failure.code)) throw failure;
}

function answersOf({ parts, metrics }: OpenPanel, watch: DatabaseWatch, signal: AbortSignal) {
  const reasons = () => [...(signal.aborted ? ['the panel is stopping'] : []), ...watch.reasons];
  const countCache = cacheMetrics(metrics, parts.cache);
  return {
    health: () => ({ reasons: [] }), // whoever answers is turning
    readiness: () => ({ reasons: reasons(), facts: { eventStreams: parts.feed.listeners } }),
    metrics: () => {
      metrics.set('holdfast_panel_ready', reasons().length === 0 ? 1 : 0, {});
      metrics.set('holdfast_panel_event_streams', parts.feed.listeners, {});
      countCache();
      return metrics.read();
    },
  };
}

/** Names are not looked up: whoever writes one means another machine, but for this one. */
function warnOfClearText(
  { listen: { value: listen } }: PanelOptions['settings'],
  { tls }: OpenPanel,
  url: string,
): void {
  if (tls !== undefined || listen.kind !== 'tcp' || /^(?:127\.|::1$|localhost$)/.test(listen.host)) return;
  warn(`${url} can be reached from elsewhere without TLS: passwords travel in clear`);
}
