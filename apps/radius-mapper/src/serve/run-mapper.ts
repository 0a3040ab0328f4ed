/**
 * The daemon: everything is made here, held together until the stop, and ended in the order in which one part needs the other.
 *
 * It starts while the database is away, answers that it has nothing to say, and goes to work when the database is back. What
 * waiting cannot mend (no schema, no access) ends it at once.
 */
import { join, resolve } from 'node:path';
import { type Clock, type HoldfastError, type Log, systemClock } from '@holdfast/base';
import { warn } from '@holdfast/host/cli';
import { environment, type LoadedSettings, prepareDirectory } from '@holdfast/host/config';
import { requestListener, serveRaw, statusApp } from '@holdfast/host/http';
import type { ListenAddress } from '@holdfast/host/listen';
import { announcedUntil, createServiceManager, endedWithin } from '@holdfast/host/service';
import { openTruth } from '@holdfast/truth-db';
import { startBackground } from '../background.ts';
import { createGateways } from '../gateways.ts';
import type { Background, Mapper } from '../mapper.ts';
import type { mapperSettings } from '../mapper-command.ts';
import { createMapperMetrics } from '../mapper-metrics.ts';
import { bearerCheck } from '../request/bearer.ts';
import { routeGround } from '../routes/route-ground.ts';
import { createListener } from './create-listener.ts';
import { openCurrentTruth } from './current-truth.ts';
import { DatabaseWatch } from './database-watch.ts';
import { impatientUrl } from './impatient-url.ts';
import { plainSettings } from './plain-settings.ts';
import { openSharedSecret } from './shared-secret.ts';
import { readTlsFiles } from './tls-files.ts';

export interface MapperOptions {
  readonly settings: LoadedSettings<typeof mapperSettings>;
  readonly log: Log;
  /** Asks to stop: requests under way are answered, then the daemon ends. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** FreeRADIUS keeps a pool of connections for each of its modules, and closes them after a minute. */
const connectionLimits = {
  idleMs: 120_000,
  requestMs: 10_000,
  headersMs: 5_000,
  connections: 1_024,
} as const;
/** How long requests under way may take after the stop, and what is left after them. */
const graceMs = 5_000;
const farewellMs = 3_000;
/** A database that does not answer within this is away; FreeRADIUS waits for little longer. */
const busyTimeoutMs = 1_000;

/**
 * @returns the exit status
 * @throws HoldfastError USAGE, LISTEN_FAILED, CONFIG_INVALID, SECRET_EXPOSED, STATE_DIRECTORY, SCHEMA_MISSING, SCHEMA_NEWER, … - it
 *   cannot be started
 */
export async function runMapper(options: MapperOptions): Promise<number> {
  const { settings, log, signal } = options;
  const listen = settings.listen.value;
  const { mapper, current, secret, tls } = openParts(options);
  const rest = new AbortController();
  const watch = new DatabaseWatch(mapper, () => current.renew());
  const work = [watch.watch(rest.signal)];
  try {
    await requireFit(watch);
    const background = startBackground(mapper, rest.signal);
    work.push(background.closed);
    const listener = createListener({
      ground: routeGround(mapper),
      isBearer: bearerCheck(secret),
      status: requestListener(statusOf({ mapper, watch, background, signal })),
      onFailure: (error) => {
        watch.suspect(error);
        log[levelOf(error)]({ err: error, code: error.code }, 'request failed');
      },
    });
    const place = { listen, signal, graceMs, ...connectionLimits };
    const server = await serveRaw(listener, tls === undefined ? place : { ...place, tls });
    log.info({ url: server.url }, 'listening');
    if (tls === undefined && isReachable(listen))
      warn(`${server.url} can be reached from elsewhere without TLS: passwords of users travel in clear`);
    await announcedUntil(signal, { manager: createServiceManager(environment(), log), url: server.url });
    await server.closed;
  } finally {
    rest.abort();
    const ended = Promise.all(work).then(() => current[Symbol.asyncDispose]());
    await endedWithin(farewellMs, ended);
  }
  log.info({}, 'stopped');
  return 0;
}

/** @throws HoldfastError - a file or the database cannot be used; nothing is left open */
function openParts({ settings, log, clock = systemClock }: MapperOptions) {
  const stateDirectory = resolve(settings.stateDirectory);
  prepareDirectory(stateDirectory);
  const tls = readTlsFiles({
    certificate: settings.tlsCertificate.value,
    key: settings.tlsKey.value,
    clientCa: settings.tlsClientCa.value,
  });
  const secret = openSharedSecret({ stateDirectory, secretFile: settings.secretFile.value });
  const url = impatientUrl(settings.database.value ?? `sqlite:${join(stateDirectory, 'truth.sqlite')}`);
  const current = openCurrentTruth(url, () => openTruth(url, { create: false, busyTimeoutMs, log, clock }));
  const mapper: Mapper = {
    get truth() {
      return current.truth;
    },
    gateways: createGateways({ truth: () => current.truth, clock }),
    settings: plainSettings(settings),
    log,
    metrics: createMapperMetrics(),
    clock,
    stateDirectory,
  };
  return { mapper, current, secret, tls };
}

/** Names are not looked up: whoever writes one means another machine, but for this one. */
function isReachable(listen: ListenAddress): boolean {
  return listen.kind === 'tcp' && !/^(?:127\.|::1$|localhost$)/.test(listen.host);
}

/** That the database is away is said once, by its watch, and that we are overloaded by the metrics. */
function levelOf({ code }: HoldfastError): 'debug' | 'warn' | 'error' {
  if (code === 'INTERNAL') return 'error';
  return code.startsWith('DATABASE_') || code === 'LOGIN_OVERLOAD' ? 'debug' : 'warn';
}

/** Failures of the first look that no waiting mends. */
const passing: ReadonlySet<string> = new Set([
  'DATABASE_UNREACHABLE',
  'DATABASE_BUSY',
  'DATABASE_OUTCOME_UNKNOWN',
]);

async function requireFit({ firstLook }: DatabaseWatch): Promise<void> {
  const failure = await firstLook;
  if (failure !== undefined && !passing.has(failure.code)) throw failure;
}

interface StatusParts {
  readonly mapper: Mapper;
  readonly watch: DatabaseWatch;
  readonly background: Background;
  readonly signal: AbortSignal;
}

function statusOf({ mapper, watch, background, signal }: StatusParts) {
  const { metrics, log, gateways } = mapper;
  const reasons = () => [
    ...(signal.aborted ? ['the mapper is stopping'] : []),
    ...watch.reasons,
    ...(background.reasons?.() ?? []),
  ];
  return statusApp({
    health: () => ({ reasons: [] }), // whoever answers is turning
    readiness: () => ({ reasons: reasons(), facts: { nasAddresses: gateways.addresses ?? null } }),
    metrics: () => {
      metrics.set('holdfast_radius_ready', reasons().length === 0 ? 1 : 0, {});
      return metrics.read();
    },
    onError: (err) => log.error({ err }, 'endpoint failed'),
  });
}
