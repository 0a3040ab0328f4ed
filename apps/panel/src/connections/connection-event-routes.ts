/** What happens to a connection by an event: the table of `docs/connections.md`, one route for each row. */
import {
  type Change,
  connectionEvent,
  liftRestriction,
  renewSecret,
  type VpnConnectionValue,
} from '@holdfast/mutations';
import {
  connectionChangedSchema,
  extendDeadlineSchema,
  plainChangeSchema,
  restrictSchema,
} from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { answerOutcome, change } from '../app/mutate.ts';
import { changeHeaders, mutationBody } from '../app/mutation-body.ts';
import { operations } from '../app/operations.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import { connections } from '../app/panel-kinds.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { pathId } from '../app/path-id.ts';
import { answers, changed, ofChanges } from '../app/route-answers.ts';

interface PlainEvent {
  readonly name: string;
  readonly operation: string;
  readonly operationId: string;
  readonly summary: string;
  readonly change: Change<VpnConnectionValue>;
}

/** Those that need no further words. */
const plainEvents: readonly PlainEvent[] = [
  {
    name: 'lift',
    operation: operations.lift,
    operationId: 'liftRestriction',
    summary: 'Lifts the restriction that stands; UNCLAIMED_OVERDUE goes with a new grace or a claim only',
    change: liftRestriction(),
  },
  {
    name: 'disable',
    operation: operations.disable,
    operationId: 'disableConnection',
    summary: 'Refuses the connection everywhere until it is enabled',
    change: connectionEvent({ kind: 'disable' }),
  },
  {
    name: 'enable',
    operation: operations.enable,
    operationId: 'enableConnection',
    summary: 'Brings a disabled connection back into the state it had',
    change: connectionEvent({ kind: 'enable' }),
  },
  {
    name: 'reset-grace',
    operation: operations.resetGrace,
    operationId: 'resetGrace',
    summary: 'Lets an unclaimed connection be used for another 30 days, or until its deadline',
    change: connectionEvent({ kind: 'reset-grace' }),
  },
  {
    name: 'renew-secret',
    operation: operations.renewSecret,
    operationId: 'renewSecret',
    summary: 'Makes a new RADIUS secret, which is told this once; for its owner too',
    change: renewSecret(),
  },
];

export function connectionEventRoutes(parts: PanelParts): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  for (const event of plainEvents) addPlainEvent(router, parts, event);
  router.openapi(restricting, async (context) => {
    const body = context.req.valid('json');
    const outcome = await change(context, parts, {
      kind: connections,
      id: context.req.valid('param').id,
      operation: operations.restrict,
      body,
      change: connectionEvent({ kind: 'restrict', reason: body.reason }),
    });
    return answerOutcome(context, outcome);
  });
  router.openapi(extending, async (context) => {
    const body = context.req.valid('json');
    const outcome = await change(context, parts, {
      kind: connections,
      id: context.req.valid('param').id,
      operation: operations.extendDeadline,
      body,
      change: connectionEvent({ kind: 'extend-deadline', until: Date.parse(body.until) }),
    });
    return answerOutcome(context, outcome);
  });
  return router;
}

const about = {
  method: 'post' as const,
  tags: ['Connections'],
  responses: answers({ 200: changed('The connection', connectionChangedSchema) }, ofChanges),
};
const ofConnection = { params: pathId, headers: changeHeaders };

const restricting = createRoute({
  ...about,
  path: '/v1/connections/{id}/restrict',
  operationId: 'restrictConnection',
  summary: 'Restricts the connection; of several reasons the strongest stands',
  request: { ...ofConnection, ...mutationBody('RestrictConnection', restrictSchema) },
});

const extending = createRoute({
  ...about,
  path: '/v1/connections/{id}/extend-deadline',
  operationId: 'extendDeadline',
  summary: 'Lets an unclaimed connection be claimed until a later moment',
  request: { ...ofConnection, ...mutationBody('ExtendDeadline', extendDeadlineSchema) },
});

function addPlainEvent(router: OpenAPIHono<PanelEnv>, parts: PanelParts, event: PlainEvent): void {
  const route = createRoute({
    ...about,
    path: `/v1/connections/{id}/${event.name}`,
    operationId: event.operationId,
    summary: event.summary,
    request: { ...ofConnection, ...mutationBody('PlainChange', plainChangeSchema) },
  });
  router.openapi(route, async (context) => {
    const { id } = context.req.valid('param');
    const outcome = await change(context, parts, {
      kind: connections,
      id,
      operation: event.operation,
      body: context.req.valid('json'),
      change: event.change,
    });
    return answerOutcome(context, outcome);
  });
}
