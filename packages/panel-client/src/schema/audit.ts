/** The change log: who changed what, when. All of it for admins; a customer reads that of their own connections. */
import { z } from '@hono/zod-openapi';
import { pageOf, pageQuery, timeSchema, valueSchema, versionSchema } from './resource.ts';

export const auditEntrySchema = z
  .object({
    kind: z.string(),
    id: z.string(),
    /** That the change made. */
    version: versionSchema,
    operation: z.string(),
    isDeletion: z.boolean(),
    by: z.object({ id: z.string(), name: z.string() }),
    at: timeSchema,
    paths: z.array(z.string()),
    /** What was there before, without secrets; null when it was too large to keep. */
    previous: valueSchema.nullable(),
  })
  .openapi('AuditEntry');
export const auditPageSchema = pageOf(auditEntrySchema).omit({ total: true }).openapi('AuditPage');
export const auditQuerySchema = z.object({
  ...pageQuery,
  kind: z.string().max(64).optional(),
  id: z.string().max(64).optional(),
  /** Principal. */
  by: z.string().max(64).optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditPage = z.infer<typeof auditPageSchema>;
export type AuditQuery = z.input<typeof auditQuerySchema>;
