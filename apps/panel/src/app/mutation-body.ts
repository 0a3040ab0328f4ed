/**
 * The body of a mutation as a route takes it: everything as its schema says, but for the version and the id of the mutation. Those
 * two may stand in headers instead, and what is wrong with them has answers of its own, so they come through as they are.
 */
import { z } from '@hono/zod-openapi';

const passedOn = {
  clientMutationId: z.unknown().optional().openapi({
    type: 'string',
    format: 'uuid',
    description: 'UUID of version 4 or 7 in small letters; may be left out where `Idempotency-Key` has it',
  }),
  version: z.unknown().optional().openapi({
    type: 'integer',
    minimum: 1,
    description: 'The version that the change is based on; may be left out where `If-Match` has it',
  }),
} as const;

type PassedOn<Shape> = Pick<typeof passedOn, keyof typeof passedOn & keyof Shape>;

/** @param schema - with `clientMutationId`, and with `version` where the mutation has one */
export function mutationBody<Shape extends z.ZodRawShape>(name: string, schema: z.ZodObject<Shape>) {
  const shared = Object.entries(passedOn).filter(([key]) => key in schema.shape);
  const loosened = Object.fromEntries(shared) as unknown as PassedOn<Shape>;
  const body = z.strictObject({ ...schema.shape, ...loosened }).openapi(name);
  return { body: { required: true, content: { 'application/json': { schema: body } } } } as const;
}

/** Headers that say the same as two members of the body. */
export const intentHeaders = z.object({
  'Idempotency-Key': z.string().optional().openapi({
    description: 'The `clientMutationId`, as a string of RFC 9651 ("…") or bare',
  }),
});
export const changeHeaders = intentHeaders.extend({
  'If-Match': z.string().optional().openapi({
    description: 'The entity tag of the version that the change is based on',
  }),
});
