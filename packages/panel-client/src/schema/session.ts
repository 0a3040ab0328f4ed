/** Sessions: who is connected. */
import { z } from '@hono/zod-openapi';
import { idSchema, intent, pageOf, pageQuery, timeSchema } from './resource.ts';

/**
 * Its connection, and the millisecond in which it began: `17-1767225600000`. The next session of the connection has another one.
 */
export const sessionIdSchema = z.string().regex(/^[1-9]\d{0,15}-\d{1,15}$/);

export const sessionSchema = z
  .object({
    id: sessionIdSchema,
    connectionId: idSchema,
    label: z.string().nullable(),
    userName: z.string().nullable(),
    gateway: z.string().nullable(),
    framedIp: z.string().nullable(),
    framedIpv6: z.string().nullable(),
    /** For admins only, as the next one. */
    nasIp: z.string().nullable().optional(),
    ifname: z.string().nullable().optional(),
    /** `pending` until its NAS has reported the start. */
    state: z.enum(['pending', 'live', 'expired']),
    since: timeSchema,
    expiresAt: timeSchema,
  })
  .openapi('Session');

export const sessionPageSchema = pageOf(sessionSchema).openapi('SessionPage');

export const sessionQuerySchema = z.object({
  ...pageQuery,
  gateway: z.string().max(64).optional(),
  /** Part of the label, the user name or an address. */
  search: z.string().max(100).optional(),
});

/** The id of the session in the path is what a version is elsewhere: another session of the connection is not ended. */
export const releaseSessionSchema = z.strictObject(intent).openapi('ReleaseSession');
export const sessionReleasedSchema = z
  .object({ id: sessionIdSchema, connectionId: idSchema, outcome: z.enum(['released', 'ended-before']) })
  .openapi('SessionReleased');

export type Session = z.infer<typeof sessionSchema>;
export type SessionPage = z.infer<typeof sessionPageSchema>;
export type SessionQuery = z.input<typeof sessionQuerySchema>;
export type SessionReleased = z.infer<typeof sessionReleasedSchema>;
