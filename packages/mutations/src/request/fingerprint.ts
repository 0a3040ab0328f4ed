/**
 * What a request asks for, in 64 characters: the same for the same request sent again, another one for any other. It tells
 * a retry from a `clientMutationId` that was used for something else.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Json } from './json.ts';

export interface Intent {
  /** Method and route, `PATCH /v1/tasks/{id}`. */
  readonly operation: string;
  readonly kind: string;
  /** Absent for a resource that is to be made. */
  readonly id: string | undefined;
  /** The version it is based on. */
  readonly version: number | undefined;
  /** Whatever else was sent: query and body. */
  readonly input: Json;
}

/**
 * SHA-256 of the canonical JSON, in hexadecimal.
 *
 * @throws NotJson - the input has no canonical JSON
 */
export function fingerprintOf({ operation, kind, id = '', version = 0, input }: Intent): string {
  return createHash('sha256')
    .update(canonicalJson([operation, kind, id, version, input]))
    .digest('hex');
}
