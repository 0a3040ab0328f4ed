/**
 * The description of the API, made from its routes: what they check and what they say are one text. It is put together when somebody
 * asks for it for the first time.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { PanelEnv } from './panel-env.ts';
import { type PanelProblemCode, panelProblems } from './panel-problems.ts';
import { publicRoutes } from './public-routes.ts';
import { answers } from './route-answers.ts';

const path = '/v1/openapi.json';
const bearer = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'The access token that a login or a refresh gives, for some minutes',
} as const;
const about = {
  openapi: '3.1.0',
  info: {
    title: 'Holdfast panel',
    version: '1',
    description:
      'Every change names the version it is based on and carries an id under which it is applied once. Clients decide by the `type` of a problem, never by its status.',
  },
  security: [{ bearer: [] }],
};

/** @param app - with all of its routes: what is mounted later is not in it */
export function describeApi(app: OpenAPIHono<PanelEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', bearer);
  app.openAPIRegistry.registerPath({
    method: 'get',
    path,
    operationId: 'describe',
    summary: 'This description',
    tags: ['Description'],
    responses: {
      ...answers({}, []),
      200: {
        description: 'OpenAPI 3.1',
        content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
      },
    },
  });
  let text: string | undefined;
  app.get(path, (context) => {
    text ??= JSON.stringify(completed(app.getOpenAPI31Document(about)));
    return context.body(text, 200, { 'Content-Type': 'application/json' });
  });
}

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** Adds what no route says of itself: whether it is public, and why its body can be refused before it is reached. */
function completed(document: Document): Document {
  const refusals = { 413: refusalOf('too-large'), 415: refusalOf('media-type') };
  for (const [at, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      if (publicRoutes.has(`${method.toUpperCase()} ${at}`)) operation.security = [];
      if (method !== 'get') operation.responses = { ...refusals, ...operation.responses };
    }
  }
  return document;
}

function refusalOf(code: PanelProblemCode) {
  const { title, type } = panelProblems[code];
  const told = { type: 'object', properties: { type: { type: 'string', enum: [type] } } };
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, told] };
  return { description: title, content: { 'application/problem+json': { schema } } };
}
