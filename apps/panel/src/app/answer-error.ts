/**
 * What is thrown while a request is answered. A client is told that something is away, or that something went wrong, and the trace
 * under which the log says what: never a message, which may name rows and files.
 */
import { isHoldfastError, type Log } from '@holdfast/base';
import { InvalidInput } from '@holdfast/mutations';
import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';

/** When a client may ask again what could not be answered. */
const retryAfterMs = 2_000;
/** Beside those of the database. */
const away: ReadonlySet<string> = new Set([
  'LOCK_BUSY',
  'LOCK_SERVER',
  'RATE_LIMIT_UNAVAILABLE',
  'STORE_UNREACHABLE',
]);

export function answerError(log: Log): ErrorHandler<PanelEnv> {
  return (error, context) => {
    const { method, path } = context.req;
    const facts = { err: error, traceId: context.get('traceId'), method, path };
    if (error instanceof InvalidInput)
      return refuse(context, 'invalid', { issues: error.issues.map((issue) => ({ ...issue })) });
    if (error instanceof HTTPException && error.status === 415) return refuse(context, 'media-type');
    if (error instanceof HTTPException && error.status === 400)
      return refuse(context, 'invalid', { issues: [{ path: '', code: 'not-json' }] });
    if (isAway(error)) {
      log.warn(facts, 'request could not be answered');
      return refuse(context, 'unavailable', {}, { retryAfterMs });
    }
    log.error(facts, 'request failed');
    return refuse(context, 'internal');
  };
}

function isAway(error: unknown): boolean {
  return isHoldfastError(error) && (error.code.startsWith('DATABASE_') || away.has(error.code));
}
