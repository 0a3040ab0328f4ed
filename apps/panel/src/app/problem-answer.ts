/** Refusals as answers: the problem, where it was met, and under which trace the log has it. */
import type { JsonObject } from '@holdfast/mutations';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { PanelEnv } from './panel-env.ts';
import { type PanelProblemCode, panelProblems } from './panel-problems.ts';

export interface RefusalOptions {
  /** Rounded up to whole seconds, which is what `Retry-After` takes. */
  readonly retryAfterMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param members - of the body beside those that every problem has */
export function refuse(
  context: Context<PanelEnv>,
  code: PanelProblemCode,
  members: JsonObject = {},
  { retryAfterMs, headers = {} }: RefusalOptions = {},
): Response {
  const { type, title, status } = panelProblems[code];
  const body = { type, title, status, code: codeOf(type), ...members };
  const retryAfter =
    retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
  return answerProblem(context, status, body, { ...retryAfter, ...headers });
}

/** @param body - a problem without the members that say where it was met */
export function answerProblem(
  context: Context<PanelEnv>,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>>,
): Response {
  const place = { instance: context.req.path, traceId: context.get('traceId') };
  return context.body(JSON.stringify({ ...body, ...place }), status as ContentfulStatusCode, {
    ...headers,
    'Content-Type': 'application/problem+json',
  });
}

/** As `answerTo` of mutations makes it. */
function codeOf(type: string): string {
  return (type.split(/[:#]/).at(-1) ?? '').replaceAll('-', '_');
}
