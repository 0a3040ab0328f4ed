/** What a gateway does: its last runs, its lock, and what is in its kernel now. For admins. */
import { z } from '@hono/zod-openapi';
import { timeSchema } from './resource.ts';

export const runSchema = z
  .object({
    endedAt: timeSchema,
    outcome: z.enum(['applied', 'unchanged', 'failed']),
    reason: z.string(),
    covered: z.int().nullable(),
    rolledForward: z.boolean(),
    changes: z.object({ nft: z.int(), tc: z.int() }),
    tookMs: z.number(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi('Run');

const holder = z.object({
  pid: z.int().nullable(),
  host: z.string().nullable(),
  purpose: z.string().nullable(),
  sinceMs: z.number().nullable(),
});

export const lockSchema = z
  .object({ scope: z.string(), holder: holder.nullable(), waiters: z.array(holder) })
  .openapi('GatewayLock');

export const gatewaySchema = z
  .object({
    name: z.string(),
    layout: z.enum(['shared-device', 'per-interface']),
    device: z.string(),
    sessions: z.int(),
    /** Id of the newest trigger, and up to which they are live. */
    newestTrigger: z.int(),
    covered: z.int(),
    lastOutcome: z.string().nullable(),
    lastRunAt: timeSchema.nullable(),
    lastTookMs: z.number().nullable(),
  })
  .openapi('Gateway');
export const gatewaysSchema = z.object({ items: z.array(gatewaySchema) }).openapi('Gateways');

export const gatewayDetailSchema = gatewaySchema
  .extend({
    /** The newest first; empty on a machine that is not the gateway's. */
    runs: z.array(runSchema),
    /** Null where the locks of the gateway cannot be seen. */
    lock: lockSchema.nullable(),
  })
  .openapi('GatewayDetail');

export const driftSchema = z
  .object({
    layer: z.enum(['nft', 'tc']),
    object: z.string(),
    expected: z.string().nullable(),
    actual: z.string().nullable(),
  })
  .openapi('Drift');

/** What the reconcile daemon of the gateway has read of its kernel, compared with truth at the same time. */
export const kernelSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('read'),
      at: timeSchema,
      dataplane: z.enum(['kernel', 'recorded']),
      nft: z.enum(['missing', 'intact', 'damaged']),
      tc: z.enum(['missing', 'intact', 'damaged']),
      counts: z.object({ restricted: z.int(), shaped: z.int(), classes: z.int() }),
      /** The first 500 of each, sorted by address and by class. */
      restricted: z.array(z.string()),
      classes: z.array(z.object({ id: z.string(), rate: z.string(), addresses: z.array(z.string()) })),
      /** What differs: at most 100, `driftTotal` counts all. Null actual: it is missing. Null expected: nobody wants it. */
      drift: z.array(driftSchema),
      driftTotal: z.int(),
    }),
    /** `because` in the words of an error's code: `RECONCILE_UNREACHABLE`, `LOCK_BUSY`, `NOT_PERMITTED`, … */
    z.object({ kind: z.literal('unread'), at: timeSchema, because: z.string() }),
  ])
  .openapi('Kernel');

export type Run = z.infer<typeof runSchema>;
export type GatewayLock = z.infer<typeof lockSchema>;
export type Gateway = z.infer<typeof gatewaySchema>;
export type GatewayDetail = z.infer<typeof gatewayDetailSchema>;
export type Drift = z.infer<typeof driftSchema>;
export type Kernel = z.infer<typeof kernelSchema>;
