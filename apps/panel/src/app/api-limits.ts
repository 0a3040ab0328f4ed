/** What is true of every request below /v1: it is small, it is JSON, and nobody keeps its answer. */
import type { MiddlewareHandler } from 'hono';
import type { PanelEnv } from './panel-env.ts';
import { refuse } from './problem-answer.ts';

const mostBytes = 64 * 1024;

/**
 * A body whose length was told is read by whoever wants it: no server passes more of it on. Any other, in chunks or perhaps not there at
 * all, is read here. Hono's own limit makes a copy of the request for that, which the requests of its server for Node do not allow.
 */
export const limitBody: MiddlewareHandler<PanelEnv> = async (context, next) => {
  const { raw } = context.req;
  const length = raw.headers.get('content-length');
  if (length !== null) return Number(length) > mostBytes ? refuse(context, 'too-large') : next();
  if (raw.body === null) return next();
  const body = await readSmall(raw.body);
  if (body === undefined) return refuse(context, 'too-large');
  const { method, headers, signal } = raw;
  context.req.raw = new Request(raw.url, { method, headers, signal, ...(body.length > 0 && { body }) });
  return next();
};

/** @returns undefined where it is too large; what is left of it is not read */
async function readSmall(stream: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer> | undefined> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(value);
  }
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
