/** Sessions: who is connected, and ending one. */
import {
  releaseSessionSchema,
  type SessionReleased,
  sessionIdSchema,
  sessionPageSchema,
  sessionQuerySchema,
  sessionReleasedSchema,
} from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answerOutcome, change, isSuccess } from '../app/mutate.ts';
import { intentHeaders, mutationBody } from '../app/mutation-body.ts';
import { operations } from '../app/operations.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { answers, ofCreations } from '../app/route-answers.ts';
import { sessionPage } from './list-sessions.ts';
import { connectionOf, heldVersion, releaseHeld, sessions } from './session-kind.ts';

const tags = ['Sessions'];

const list = createRoute({
  method: 'get',
  path: '/v1/sessions',
  operationId: 'listSessions',
  summary: 'A page of the sessions that are held; a customer gets their own',
  tags,
  request: { query: sessionQuerySchema },
  responses: answers({ 200: { description: 'A page of sessions', schema: sessionPageSchema } }, [
    'invalid',
    'signed-out',
  ]),
});

const release = createRoute({
  method: 'post',
  path: '/v1/sessions/{id}/release',
  operationId: 'releaseSession',
  summary: 'Ends this session, and none that came after it',
  tags,
  request: {
    params: z.object({ id: sessionIdSchema }),
    headers: intentHeaders,
    ...mutationBody('ReleaseSession', releaseSessionSchema),
  },
  responses: answers(
    {
      200: {
        description: 'It has ended, now or before',
        schema: sessionReleasedSchema,
        headers: { 'Idempotency-Replayed': '`true`: it was ended by this request before' },
      },
    },
    [...ofCreations, 'not-found'],
  ),
});

export function sessionRoutes(parts: PanelParts): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  router.openapi(list, async (context) => {
    const { viewer } = context.get('identity');
    const { truth, clock } = parts;
    return context.json(await sessionPage(truth.db, viewer, context.req.valid('query'), clock.wallMs()), 200);
  });
  router.openapi(release, async (context) => {
    const { id } = context.req.valid('param');
    const outcome = await change(context, parts, {
      kind: sessions,
      id,
      operation: operations.releaseSession,
      body: { ...context.req.valid('json'), version: heldVersion },
      change: releaseHeld(),
    });
    // A version that is not that of a held session, or a deletion: somebody else was faster.
    const isOver = outcome.kind === 'version-conflict' || outcome.kind === 'deleted';
    if (!isOver && !isSuccess(outcome)) return answerOutcome(context, outcome);
    const released: SessionReleased = {
      id,
      connectionId: connectionOf(id),
      outcome: isOver ? 'ended-before' : 'released',
    };
    const headers = outcome.kind === 'replayed' ? { 'Idempotency-Replayed': 'true' } : {};
    return context.json(released, 200, headers);
  });
  return router;
}
