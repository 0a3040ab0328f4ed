/** What is true of every request below /v1: it is small, it is JSON, and nobody keeps its answer. */
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';

const mostBytes = 64 * 1024;

export function limitBody(): MiddlewareHandler<PanelEnv> {
  return bodyLimit({ maxSize: mostBytes, onError: (context) => refuse(context, 'too-large') });
}

/** A form that another site submits has one of three types, and none of them is JSON. */
export const requireJson: MiddlewareHandler<PanelEnv> = async (context, next) => {
  const { method } = context.req;
  const type = context.req.header('content-type')?.split(';')[0]?.trim();
  if (
    method !== 'GET' &&
    method !== 'HEAD' &&
    type !== undefined &&
    !/^application\/(?:[\w.-]+\+)?json$/i.test(type)
  )
    return refuse(context, 'media-type');
  return next();
};

export const neverStored: MiddlewareHandler<PanelEnv> = async (context, next) => {
  await next();
  context.res.headers.set('Cache-Control', 'no-store');
};
