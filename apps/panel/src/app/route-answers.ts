/**
 * What a route can be answered with, for its description: the successes with their schemas, and the problems by name. A problem is
 * described with the very `type` it has, so that what a route answers can be checked against what it says.
 */
import { deletedConflictSchema, problemSchema, versionConflictSchema } from '@holdfast/panel-client/schema';
import { type RouteConfig, z } from '@hono/zod-openapi';
import { type PanelProblemCode, panelProblems } from './panel-problems.ts';

export interface Success {
  readonly description: string;
  /** Of the body; absent for one that is empty. */
  readonly schema?: z.ZodType;
  /** Of the body; `application/json`. */
  readonly mediaType?: string;
  /** Names of headers that are told, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Responses = RouteConfig['responses'];

/** What every request can meet. */
const anywhere = ['internal', 'unavailable'] as const satisfies readonly PanelProblemCode[];
/** Every request that has a body. */
export const ofBodies = ['invalid', 'too-large', 'media-type'] as const satisfies readonly PanelProblemCode[];
/** Every mutation of a resource that is there. */
export const ofChanges = [
  ...ofBodies,
  'signed-out',
  'mutation-id-missing',
  'mutation-id-reused',
  'precondition-required',
  'forbidden',
  'not-found',
  'version-conflict',
  'if-match-conflict',
  'deleted-conflict',
  'state-conflict',
  'busy',
] as const satisfies readonly PanelProblemCode[];
/** Every making of a new one. */
export const ofCreations = [
  ...ofBodies,
  'signed-out',
  'mutation-id-missing',
  'mutation-id-reused',
  'forbidden',
  'state-conflict',
  'busy',
] as const satisfies readonly PanelProblemCode[];

/** What a mutation answers that was applied, or had nothing to do, or was applied before. */
export function changed(description: string, schema: z.ZodType): Success {
  const headers = {
    ETag: 'Its version now',
    'Idempotency-Replayed': '`true`: what was answered before; `current`: the resource as it is now',
  };
  return { description, schema, headers };
}

const retriedLater: ReadonlySet<number> = new Set([429, 503]);

export function answers(
  successes: Readonly<Record<number, Success>>,
  codes: readonly PanelProblemCode[],
): Responses {
  const responses: Responses = {};
  for (const [status, success] of Object.entries(successes)) responses[status] = successResponse(success);
  const byStatus = Map.groupBy(new Set([...codes, ...anywhere]), (code) => panelProblems[code].status);
  for (const [status, some] of [...byStatus].toSorted(([a], [b]) => a - b))
    responses[String(status)] = problemResponse(status, some);
  return responses;
}

function successResponse({ description, schema, mediaType = 'application/json', headers }: Success) {
  return {
    description,
    ...(schema !== undefined && { content: { [mediaType]: { schema } } }),
    ...(headers !== undefined && { headers: z.object(headerFields(headers)) }),
  };
}

function problemResponse(status: number, codes: readonly PanelProblemCode[]) {
  const titles = [...new Set(codes.map((code) => panelProblems[code].title))];
  return {
    description: titles.join('; '),
    content: { 'application/problem+json': { schema: problemsSchema(codes) } },
    ...(retriedLater.has(status) && {
      headers: z.object(
        headerFields({ 'Retry-After': 'Seconds after which the same request may be sent again' }),
      ),
    }),
  };
}

function headerFields(headers: Readonly<Record<string, string>>): Record<string, z.ZodType> {
  const fields = Object.entries(headers).map(([name, description]) => [
    name,
    z.string().optional().openapi({ description }),
  ]);
  return Object.fromEntries(fields) as Record<string, z.ZodType>;
}

function problemsSchema(codes: readonly PanelProblemCode[]): z.ZodType {
  const [first, ...more] = [...Map.groupBy(codes, shapeOf)].map(([shape, some]) =>
    shape.extend({ type: z.enum([...new Set(some.map((code) => panelProblems[code].type))]) }),
  );
  if (first === undefined) return problemSchema;
  return more.length === 0 ? first : z.union([first, ...more]);
}

function shapeOf(code: PanelProblemCode) {
  if (code === 'version-conflict' || code === 'if-match-conflict') return versionConflictSchema;
  return code === 'deleted-conflict' ? deletedConflictSchema : problemSchema;
}
