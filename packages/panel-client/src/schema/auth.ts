/**
 * Logging in. The access token is short and lives in the memory of the page; the refresh token is a cookie that only
 * `/v1/auth` gets, rotates with each use, and goes with the header `X-Holdfast-Csrf: 1`.
 */
import { z } from '@hono/zod-openapi';
import { newPasswordSchema } from './customer.ts';
import { jsonSchema, timeSchema } from './resource.ts';

export const roleSchema = z.enum(['admin', 'customer']);

export const meSchema = z
  .object({
    /** `a1` or `c5`: the principal of its mutations. */
    id: z.string(),
    role: roleSchema,
    email: z.string(),
    name: z.string(),
    /** Of a customer. */
    customerId: z.int().optional(),
  })
  .openapi('Me');

export const loginSchema = z
  .strictObject({
    email: z.string().min(1).max(254),
    password: z.string().min(1).max(256),
    /** Stands for this attempt: sent again under it, a CAPTCHA that was used for it still counts. */
    attemptId: z.uuid(),
    captcha: z.string().max(4_096).optional(),
  })
  .openapi('Login');

export const grantedSchema = z
  .object({ accessToken: z.string(), expiresAt: timeSchema, me: meSchema })
  .openapi('Granted');

/** `challenge` is what altcha-lib's `solveChallenge` takes. */
export const captchaSchema = z
  .object({ provider: z.literal('altcha'), challenge: z.record(z.string(), jsonSchema) })
  .openapi('Captcha');

/** A device on which somebody is logged in. */
export const deviceSchema = z
  .object({
    id: z.string().regex(/^[0-9a-f]{32}$/),
    isCurrent: z.boolean(),
    since: timeSchema.nullable(),
    lastUsedAt: timeSchema,
    expiresAt: timeSchema,
    /** As its browser calls itself. */
    userAgent: z.string().nullable(),
  })
  .openapi('Device');
export const devicesSchema = z.object({ items: z.array(deviceSchema) }).openapi('Devices');

export const changePasswordSchema = z
  .strictObject({ current: z.string().min(1).max(256), next: newPasswordSchema })
  .openapi('ChangePassword');

export type Role = z.infer<typeof roleSchema>;
export type Me = z.infer<typeof meSchema>;
export type Login = z.infer<typeof loginSchema>;
export type Granted = z.infer<typeof grantedSchema>;
export type Captcha = z.infer<typeof captchaSchema>;
export type Device = z.infer<typeof deviceSchema>;
