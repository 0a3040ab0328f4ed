/** `GET /v1/events`: what has changed, as it changes. */
import type { IncomingMessage } from 'node:http';
import { panelEventSchema } from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { refuse } from '../app/problem-answer.ts';
import { answers } from '../app/route-answers.ts';
import { eventStream } from './event-stream.ts';
import { OpenStreams, type OpenStreamsOptions } from './open-streams.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  tags: ['Events'],
  summary: 'What has changed, as it changes',
  description:
    'Server-sent events without names; `data` is the JSON of one event. The first is `hello`. Customers hear of their own connections and sessions only. The stream ends with the login, and may end at any time: ask again, and read everything again after `hello`.',
  responses: answers(
    {
      200: {
        description: 'The stream: each `data` is one of these',
        schema: panelEventSchema,
        mediaType: 'text/event-stream',
      },
    },
    ['signed-out'],
  ),
});

/** When somebody for whom there is no place may ask again. */
const retryAfterMs = 10_000;
const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'X-Accel-Buffering': 'no', // or nginx keeps events until it has a page of them
} as const;

export function eventRoutes(
  { feed }: Pick<PanelParts, 'feed'>,
  options: Omit<OpenStreamsOptions, 'most'> = {},
): OpenAPIHono<PanelEnv> {
  const streams = new OpenStreams({ most: feed.mostListeners, ...options });
  const router = panelRouter();
  router.openapi(route, (context) => {
    if (context.req.method === 'HEAD') return context.body(null, 200, headers); // nobody would read it
    const { viewer, familyId, principal } = context.get('identity');
    const ended: Disposable[] = [];
    const stream = eventStream({
      onEnd: () => {
        for (const one of ended) one[Symbol.dispose]();
      },
      onStuck: () => connectionOf(context)?.destroy(),
    });
    const giveBack = streams.take(principal, () => stream.end());
    if (giveBack === undefined) {
      stream.end();
      return refuse(context, 'unavailable', {}, { retryAfterMs });
    }
    ended.push({ [Symbol.dispose]: giveBack });
    ended.push(feed.subscribe({ viewer, familyId }, stream));
    return context.body(stream.body, 200, headers);
  });
  return router;
}

function connectionOf({ env }: Context<PanelEnv>) {
  const { incoming } = (env ?? {}) as { readonly incoming?: IncomingMessage };
  return incoming?.socket;
}
