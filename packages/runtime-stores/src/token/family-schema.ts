/** What a family looks like in a document or a key: checked whenever it is read, so that nobody decides on half of one. */
import * as z from 'zod/mini';
import type { TokenFamily } from './token-family.ts';

const timeMs = z.int().check(z.nonnegative());

export const familySchema: z.ZodMiniType<TokenFamily> = z.strictObject({
  familyId: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  profile: z.string().check(z.minLength(1)),
  userId: z.string().check(z.minLength(1)),
  deviceId: z.nullable(z.string()),
  secret: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  generation: z.int().check(z.positive()),
  rotatedAtMs: timeMs,
  idleExpiresAtMs: timeMs,
  absoluteExpiresAtMs: timeMs,
  revokedAtMs: z.nullable(timeMs),
  revokedReason: z.nullable(z.enum(['logout', 'password_change', 'admin', 'reuse'])),
});

/** When each family of a user is over, by its id. */
export const userFamiliesSchema = z.record(z.string(), z.int());
