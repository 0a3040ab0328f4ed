/** VPN connections. Values have the names of their columns (`docs/schema.md`); a customer sees fewer of them. */
import { z } from '@hono/zod-openapi';
import {
  change,
  idSchema,
  intent,
  pageOf,
  pageQuery,
  secretMarkSchema,
  timeSchema,
  versionSchema,
} from './resource.ts';
import { sessionSchema } from './session.ts';

export const connectionStatusSchema = z.enum(['PREPROVISIONED', 'CLAIMED', 'DISABLED']);
export const restrictedReasonSchema = z.enum(['QUOTA', 'EXPIRY', 'MANUAL', 'UNCLAIMED_OVERDUE']);
/** Rates are kbit/s as the client sees them: down is towards the client. Null is no limit. */
const rate = z.int().min(8).max(34_359_738).nullable();
const label = z.string().max(255).nullable();
/** Of texts that people read and programs pass on: no line breaks, no bells, no NUL. */
const noControls = /^\P{Cc}*$/u;
/** As it may be set; rows that were written in other ways may have a longer one. */
const newLabel = z.string().max(120).regex(/\S/).regex(noControls).nullable();

export const connectionValueSchema = z
  .object({
    label,
    status: connectionStatusSchema,
    restricted_reason: restrictedReasonSchema.nullable(),
    /** 1 while the connection is restricted, by a reason or because it was not claimed in time. */
    restricted_effective: z.literal([0, 1]).openapi({ type: 'integer', enum: [0, 1] }),
    claimed_at: timeSchema.nullable(),
    radius_username: z.string().nullable(),
    static_ip: z.string().nullable(),
    down_kbit: z.int().nullable(),
    up_kbit: z.int().nullable(),
    /** From here on for admins only. */
    customer_id: z.int().nullable().optional(),
    created_at: timeSchema.optional(),
    unclaimed_grace_until: timeSchema.optional(),
    unclaimed_grace_set_at: timeSchema.nullable().optional(),
    claim_deadline: timeSchema.optional(),
    claim_deadline_set_at: timeSchema.nullable().optional(),
    token: secretMarkSchema.optional(),
    radius_secret_hash: secretMarkSchema.nullable().optional(),
    nt_hash: secretMarkSchema.nullable().optional(),
  })
  .openapi('ConnectionValue');

/** As a form reads it: never from a cache. */
export const connectionSchema = z
  .object({
    id: idSchema,
    version: versionSchema,
    etag: z.string(),
    value: connectionValueSchema,
    /** E-mail of its customer; null for one of nobody, absent for customers. */
    customer: z.string().nullable().optional(),
    /** The session it has now. */
    session: sessionSchema.nullable(),
  })
  .openapi('Connection');

/** As a list shows it: may be seconds old. */
export const connectionItemSchema = connectionSchema.omit({ etag: true }).openapi('ConnectionItem');
export const connectionPageSchema = pageOf(connectionItemSchema).openapi('ConnectionPage');

export const connectionQuerySchema = z.object({
  ...pageQuery,
  /** Part of the label, user name, address or customer's e-mail, or the id. */
  search: z.string().max(100).optional(),
  status: connectionStatusSchema.optional(),
  restricted: z.enum(['true', 'false']).optional(),
  /** Whether it has a session. */
  online: z.enum(['true', 'false']).optional(),
  customer: idSchema.optional(),
  sort: z.enum(['id', '-id', 'label', '-label']).default('id'),
});

export const editConnectionSchema = z
  .strictObject({
    ...change,
    label: newLabel.optional(),
    down_kbit: rate.optional(),
    up_kbit: rate.optional(),
  })
  .openapi('EditConnection');
export const provisionSchema = z
  .strictObject({
    ...intent,
    label: newLabel.optional(),
    radius_username: z.string().min(1).max(191).regex(noControls).optional(),
    static_ip: z.union([z.ipv4(), z.ipv6()]).nullable().optional(),
    down_kbit: rate.optional(),
    up_kbit: rate.optional(),
  })
  .openapi('ProvisionConnection');
export const claimSchema = z
  .strictObject({ ...intent, token: z.string().min(1).max(200) })
  .openapi('ClaimConnection');
/** What changes a connection without further words: lift, disable, enable, reset-grace, renew-secret. */
export const plainChangeSchema = z.strictObject(change).openapi('PlainChange');
export const restrictSchema = z
  .strictObject({ ...change, reason: z.enum(['QUOTA', 'EXPIRY', 'MANUAL']) })
  .openapi('RestrictConnection');
export const extendDeadlineSchema = z
  .strictObject({ ...change, until: z.iso.datetime() })
  .openapi('ExtendDeadline');

/** What every mutation answers: `value` is absent when it is not the sender's to see, `once` is told this one time. */
export const connectionChangedSchema = z
  .object({
    id: idSchema,
    version: versionSchema,
    value: connectionValueSchema.optional(),
    once: z.object({ token: z.string().optional(), radiusSecret: z.string().optional() }).optional(),
  })
  .openapi('ConnectionChanged');

export type ConnectionValue = z.infer<typeof connectionValueSchema>;
export type Connection = z.infer<typeof connectionSchema>;
export type ConnectionItem = z.infer<typeof connectionItemSchema>;
export type ConnectionPage = z.infer<typeof connectionPageSchema>;
export type ConnectionQuery = z.input<typeof connectionQuerySchema>;
export type ConnectionChanged = z.infer<typeof connectionChangedSchema>;
