/** What `GET /v1/events` sends, as the `data` of server-sent events. It tells what to read again, never the value. */
import { z } from '@hono/zod-openapi';
import { versionSchema } from './resource.ts';

export const panelEventSchema = z
  .discriminatedUnion('type', [
    /** A mutation was committed, by anybody and in any process. */
    z.object({
      type: z.literal('change'),
      kind: z.string(),
      id: z.string(),
      version: versionSchema,
      isDeletion: z.boolean(),
      by: z.object({ id: z.string(), name: z.string() }),
    }),
    /** Sessions came or went: lists that show them are old. */
    z.object({ type: z.literal('sessions') }),
    /** A run of this gateway has ended. */
    z.object({ type: z.literal('gateway'), name: z.string() }),
    /** Sent at once, and where events may have been lost: read everything again. */
    z.object({ type: z.literal('hello') }),
  ])
  .openapi('PanelEvent');

export type PanelEvent = z.infer<typeof panelEventSchema>;
