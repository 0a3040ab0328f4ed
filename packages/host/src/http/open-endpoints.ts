/** Where a daemon answers about itself. A default address that is taken costs it the endpoints, not its life. */
import { isHoldfastError, type Log } from '@holdfast/base';
import { warn } from '../cli/warn.ts';
import type { Resolved } from '../config/index.ts';
import type { ListenAddress } from './listen-address.ts';
import { serve } from './serve.ts';
import type { HttpServer } from './serve-raw.ts';
import { type StatusAppOptions, statusApp } from './status-app.ts';

export interface EndpointOptions extends Omit<StatusAppOptions, 'onError'> {
  readonly listen: Resolved<ListenAddress>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * @returns undefined when there are none: not wanted, or the default address is taken
 * @throws HoldfastError LISTEN_FAILED - the address that was asked for cannot be used
 */
export async function openEndpoints(options: EndpointOptions): Promise<HttpServer | undefined> {
  const { listen, log, signal, ...answers } = options;
  if (listen.value.kind === 'none') return undefined;
  const app = statusApp({ ...answers, onError: (err) => log.error({ err }, 'endpoint failed') });
  try {
    const server = await serve(app, { listen: listen.value, signal, graceMs: 1_000 });
    log.info({ url: server.url }, 'listening');
    return server;
  } catch (error) {
    if (listen.source !== 'default' || !isHoldfastError(error, 'LISTEN_FAILED')) throw error;
    warn(`${error.message}: no /healthz, /readyz and /metrics; ${listen.name} names another address`);
    return undefined;
  }
}
