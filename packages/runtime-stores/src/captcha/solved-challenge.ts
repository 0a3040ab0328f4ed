/** What the ALTCHA widget sends: base64 of JSON, of which nothing is believed before its signature was checked. */
import type { Challenge, Solution } from 'altcha-lib/types';
import * as z from 'zod/mini';

/** Of a challenge of ours; every field of it is signed. */
const dataSchema = z.strictObject({
  scope: z.string(),
  expiresAtMs: z.int(),
  nonce: z.optional(z.string()),
});

const payloadSchema = z.object({
  challenge: z.object({
    parameters: z.looseObject({
      algorithm: z.string(),
      nonce: z.string(),
      salt: z.string(),
      cost: z.int(),
      keyLength: z.int(),
      keyPrefix: z.string(),
      expiresAt: z.number(),
      data: dataSchema,
    }),
    signature: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  }),
  solution: z.object({ counter: z.int(), derivedKey: z.string() }),
});

export type SolvedChallenge = {
  readonly challenge: Challenge & {
    readonly signature: string;
    readonly parameters: { readonly data: z.infer<typeof dataSchema> };
  };
  readonly solution: Solution;
};

/** @returns undefined for what has not its shape */
export function parseSolvedChallenge(token: string): SolvedChallenge | undefined {
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
  const checked = payloadSchema.safeParse(payload);
  return checked.success ? (checked.data as SolvedChallenge) : undefined;
}
