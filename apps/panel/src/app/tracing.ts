/** Gives every request a name, by which its answer, its problem and its lines of the log are found together. */
import { randomBytes } from 'node:crypto';
import type { Clock, Log } from '@holdfast/base';
import type { MiddlewareHandler } from 'hono';
import type { PanelEnv } from './panel-env.ts';

export function tracing({
  log,
  clock,
}: {
  readonly log: Log;
  readonly clock: Clock;
}): MiddlewareHandler<PanelEnv> {
  return async (context, next) => {
    const traceId = randomBytes(16).toString('hex');
    const begunMs = clock.monotonicMs();
    context.set('traceId', traceId);
    await next();
    context.res.headers.set('X-Trace-Id', traceId);
    const { method, path } = context.req;
    const tookMs = Math.round(clock.monotonicMs() - begunMs);
    log.debug({ traceId, method, path, status: context.res.status, tookMs }, 'request answered');
  };
}
