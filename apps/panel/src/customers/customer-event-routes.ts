/** What happens to a customer as a whole: suspension, activation, deletion. The first and the last end their logins too. */
import { customerEvent } from '@holdfast/mutations';
import { customerChangedSchema, plainChangeSchema } from '@holdfast/panel-client/schema';
import type { CustomerEvent } from '@holdfast/truth-db';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { answerOutcome, change } from '../app/mutate.ts';
import { changeHeaders, mutationBody } from '../app/mutation-body.ts';
import { operations } from '../app/operations.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import { customers } from '../app/panel-kinds.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { pathId } from '../app/path-id.ts';
import { answers, changed, ofChanges } from '../app/route-answers.ts';
import { changeEndingLogins } from './change-ending-logins.ts';

interface EventRoute {
  readonly method: 'post' | 'delete';
  readonly path: string;
  readonly operation: string;
  readonly operationId: string;
  readonly summary: string;
}

const events: Readonly<Record<CustomerEvent, EventRoute>> = {
  suspend: {
    method: 'post',
    path: '/v1/customers/{id}/suspend',
    operation: operations.suspendCustomer,
    operationId: 'suspendCustomer',
    summary: 'Refuses the customer and all of their connections until they are activated; ends their logins',
  },
  activate: {
    method: 'post',
    path: '/v1/customers/{id}/activate',
    operation: operations.activateCustomer,
    operationId: 'activateCustomer',
    summary: 'Takes a suspension back',
  },
  delete: {
    method: 'delete',
    path: '/v1/customers/{id}',
    operation: operations.deleteCustomer,
    operationId: 'deleteCustomer',
    summary: 'Deletes the customer for good, and ends their logins',
  },
};

export function customerEventRoutes(parts: PanelParts): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  for (const [event, route] of Object.entries(events)) addEvent(router, parts, event as CustomerEvent, route);
  return router;
}

function addEvent(
  router: OpenAPIHono<PanelEnv>,
  parts: PanelParts,
  event: CustomerEvent,
  { operation, ...described }: EventRoute,
): void {
  const route = createRoute({
    ...described,
    tags: ['Customers'],
    request: {
      params: pathId,
      headers: changeHeaders,
      ...mutationBody('PlainChange', plainChangeSchema),
    },
    responses: answers({ 200: changed('The customer', customerChangedSchema) }, ofChanges),
  });
  router.openapi(route, async (context) => {
    const { id } = context.req.valid('param');
    const asked = {
      kind: customers,
      id,
      operation,
      body: context.req.valid('json'),
      change: customerEvent(event),
    };
    const outcome =
      event === 'activate'
        ? await change(context, parts, asked)
        : await changeEndingLogins(context, parts, { ...asked, reason: 'admin' });
    return answerOutcome(context, outcome);
  });
}
