/** What all resources have in common: an id, a version, and lists of them in pages. */
import { z } from '@hono/zod-openapi';

export const idSchema = z.string().regex(/^[1-9]\d{0,15}$/);
export const versionSchema = z.int().min(1);
export const timeSchema = z.iso.datetime({ precision: 3 });
/** Any JSON. Described by its types, because a description cannot follow a schema that contains itself. */
export const jsonSchema = z
  .json()
  .openapi({ type: ['null', 'boolean', 'number', 'string', 'array', 'object'] });
/** A value whose fields are those of its kind, as far as its reader may see them. */
export const valueSchema = z.record(z.string(), jsonSchema);
export const secretMarkSchema = z.object({ $secret: z.literal(true), changed: z.boolean().optional() });

/** Names the intent: sent again under it, a mutation is applied once. Beside it stands the version it is based on. */
export const mutationIdSchema = z.uuid();
export const intent = { clientMutationId: mutationIdSchema } as const;
export const change = { ...intent, version: versionSchema } as const;

/** @returns a page of a list: `next` is the `cursor` of the page behind it, null at the end */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable(),
    /** All that fit the filter, at most 100 000 are counted. */
    total: z.int().min(0),
  });
}

export const pageQuery = {
  /** The `next` of the page before. */
  cursor: z.string().max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
} as const;
export const pageQuerySchema = z.object(pageQuery);
