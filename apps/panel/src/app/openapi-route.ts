/**
 * The description of the API, made from its routes: what they check and what they say are one text. It is put together once, when somebody
 * asks for it for the first time: a tenth of a second or two, in which nobody else is answered. So a panel asks itself, soon after
 * its start.
 */
import { hash } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { PanelEnv } from './panel-env.ts';
import { type PanelProblemCode, panelProblems } from './panel-problems.ts';
import { publicRoutes } from './public-routes.ts';
import { answers } from './route-answers.ts';

export const descriptionPath = '/v1/openapi.json';
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
    path: descriptionPath,
    operationId: 'describe',
    summary: 'This description',
    tags: ['Description'],
    responses: {
      ...answers({}, []),
      304: { description: 'It is the one that `If-None-Match` names' },
      200: {
        description: 'OpenAPI 3.1',
        headers: { ETag: { description: 'Its hash', schema: { type: 'string' } } },
        content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
      },
    },
  });
  let made: { readonly text: string; readonly etag: string } | undefined;
  app.get(descriptionPath, (context) => {
    made ??= tagged(JSON.stringify(completed(app.getOpenAPI31Document(about))));
    const { text, etag } = made;
    const isKnown = context.req.header('if-none-match')?.includes(etag) === true;
    if (isKnown) return context.body(null, 304, { ETag: etag });
    return context.body(text, 200, { 'Content-Type': 'application/json', ETag: etag });
  });
}

function tagged(text: string) {
  return { text, etag: `"${hash('sha256', text, 'base64url')}"` };
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
