/** Connections: reading, provisioning, claiming and editing them. What happens to one by an event is in `connection-event-routes.ts`. */
import { claim, editConnection, type JsonObject, provision, readResource } from '@holdfast/mutations';
import {
  auditPageSchema,
  claimSchema,
  connectionChangedSchema,
  connectionPageSchema,
  connectionQuerySchema,
  connectionSchema,
  editConnectionSchema,
  pageQuerySchema,
  provisionSchema,
} from '@holdfast/panel-client/schema';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { answerOutcome, change, create } from '../app/mutate.ts';
import { changeHeaders, intentHeaders, mutationBody } from '../app/mutation-body.ts';
import { operations } from '../app/operations.ts';
import type { PanelEnv } from '../app/panel-env.ts';
import { connections } from '../app/panel-kinds.ts';
import type { PanelParts } from '../app/panel-parts.ts';
import { panelRouter } from '../app/panel-router.ts';
import { pathId } from '../app/path-id.ts';
import { refuse } from '../app/problem-answer.ts';
import { requireAdmin } from '../app/require-admin.ts';
import { answers, changed, ofChanges, ofCreations } from '../app/route-answers.ts';
import { viewerKey } from '../app/viewer-key.ts';
import { readHistory } from '../audit/connection-history.ts';
import { connectionEventRoutes } from './connection-event-routes.ts';
import { connectionPage } from './connection-page.ts';
import { readConnection } from './read-connection.ts';

const tags = ['Connections'];

const list = createRoute({
  method: 'get',
  path: '/v1/connections',
  operationId: 'listConnections',
  summary: 'A page of connections; a customer gets their own',
  tags,
  request: { query: connectionQuerySchema },
  responses: answers({ 200: { description: 'A page of connections', schema: connectionPageSchema } }, [
    'invalid',
    'signed-out',
  ]),
});

const provisioning = createRoute({
  method: 'post',
  path: '/v1/connections',
  operationId: 'provisionConnection',
  summary: 'Makes a connection of nobody yet; its claim token is told this once',
  tags,
  middleware: requireAdmin,
  request: { headers: intentHeaders, ...mutationBody('ProvisionConnection', provisionSchema) },
  responses: answers({ 201: changed('The connection', connectionChangedSchema) }, ofCreations),
});

const claiming = createRoute({
  method: 'post',
  path: '/v1/claims',
  operationId: 'claimConnection',
  summary: 'Makes the connection of a claim token the own one, for customers',
  tags,
  request: { headers: intentHeaders, ...mutationBody('ClaimConnection', claimSchema) },
  responses: answers({ 200: changed('The connection', connectionChangedSchema) }, [
    ...ofCreations,
    'not-found',
  ]),
});

const read = createRoute({
  method: 'get',
  path: '/v1/connections/{id}',
  operationId: 'readConnection',
  summary: 'A connection, as a form needs it',
  tags,
  request: { params: pathId },
  responses: answers(
    { 200: { description: 'The connection', schema: connectionSchema, headers: { ETag: 'Its version' } } },
    ['signed-out', 'not-found'],
  ),
});

const edit = createRoute({
  method: 'patch',
  path: '/v1/connections/{id}',
  operationId: 'editConnection',
  summary: 'Changes the label, for admins the limits too',
  tags,
  request: {
    params: pathId,
    headers: changeHeaders,
    ...mutationBody('EditConnection', editConnectionSchema),
  },
  responses: answers({ 200: changed('The connection', connectionChangedSchema) }, ofChanges),
});

const history = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/history',
  operationId: 'readConnectionHistory',
  summary: 'What has happened to a connection, newest first',
  tags,
  request: { params: pathId, query: pageQuerySchema },
  responses: answers({ 200: { description: 'A page of the log', schema: auditPageSchema } }, [
    'invalid',
    'signed-out',
    'not-found',
  ]),
});

export function connectionRoutes(parts: PanelParts): OpenAPIHono<PanelEnv> {
  const router = panelRouter();
  readRoutes(router, parts);
  creationRoutes(router, parts);
  router.openapi(edit, async (context) => {
    const body = context.req.valid('json');
    const { clientMutationId: _id, version: _version, ...patch } = body;
    const hasLimits = 'down_kbit' in patch || 'up_kbit' in patch;
    const outcome = await change(context, parts, {
      kind: connections,
      id: context.req.valid('param').id,
      operation: hasLimits ? operations.editLimits : operations.rename,
      body,
      change: editConnection(connections, patch as JsonObject),
    });
    return answerOutcome(context, outcome);
  });
  router.route('/', connectionEventRoutes(parts));
  return router;
}

function readRoutes(router: OpenAPIHono<PanelEnv>, parts: PanelParts): void {
  router.openapi(list, async (context) => {
    const { viewer } = context.get('identity');
    return context.json(await connectionPage(parts, viewer, context.req.valid('query')), 200);
  });
  router.openapi(read, async (context) => {
    const { id } = context.req.valid('param');
    const connection = await readConnection(parts, id, context.get('identity').viewer);
    if (connection === undefined) return refuse(context, 'not-found');
    return context.json(connection, 200, { ETag: connection.etag });
  });
  router.openapi(history, async (context) => {
    const { id } = context.req.valid('param');
    const { cursor, limit } = context.req.valid('query');
    const identity = context.get('identity');
    const connection = await readResource(parts.truth.db, connections, id, identity.viewer);
    if (connection === undefined) return refuse(context, 'not-found');
    const visible = new Set(Object.keys(connection.value));
    const page = await parts.cache.read({
      key: `history ${JSON.stringify([id, cursor, limit])}`,
      view: viewerKey(identity.viewer),
      tags: [`vpn_connection:${id}`, 'session'],
      fill: () => readHistory(parts.truth.db, { connectionId: id, cursor, limit }, identity, visible),
    });
    return context.json(page, 200);
  });
}

function creationRoutes(router: OpenAPIHono<PanelEnv>, parts: PanelParts): void {
  router.openapi(provisioning, async (context) => {
    const body = context.req.valid('json');
    const outcome = await create(context, parts, {
      kind: connections,
      operation: operations.provision,
      body,
      create: provision({
        label: body.label ?? null,
        radiusUsername: body.radius_username ?? null,
        staticIp: body.static_ip ?? null,
        downKbit: body.down_kbit ?? null,
        upKbit: body.up_kbit ?? null,
      }),
    });
    return answerOutcome(context, outcome);
  });
  router.openapi(claiming, async (context) => {
    const body = context.req.valid('json');
    const { viewer } = context.get('identity');
    // An admin is nobody whose connection it could become.
    if (viewer.role !== 'customer') return refuse(context, 'forbidden');
    const { customerId } = viewer;
    const outcome = await create(context, parts, {
      kind: connections,
      operation: operations.claim,
      body,
      create: claim(connections, { token: body.token, customerId }),
    });
    return answerOutcome(context, outcome);
  });
}
