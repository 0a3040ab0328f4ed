/**
 * What a request says about its mutation, in its body or in headers that mean the same: `Idempotency-Key` is the
 * `clientMutationId`, `If-Match` is the version. Where both are there they have to agree. A proxy may weaken or drop a header, so
 * the members of the body are the ones to rely on.
 */
import { type Issue, type Precondition, versionOfEtag } from '@holdfast/mutations';

export interface SentIntent {
  readonly clientMutationId?: unknown;
  readonly version?: unknown;
}

export interface IntentHeaders {
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
}

export type MutationIntent =
  /** As they came: `Mutations` checks them. */
  | {
      readonly kind: 'read';
      readonly clientMutationId: unknown;
      readonly version: unknown;
      readonly precondition: Precondition;
    }
  | { readonly kind: 'contradictory'; readonly issues: readonly Issue[] };

/** @param resource - that an entity tag has to name; absent where there is no version */
export function mutationIntent(
  sent: SentIntent,
  { idempotencyKey, ifMatch }: IntentHeaders,
  resource?: { readonly kind: string; readonly id: string },
): MutationIntent {
  const key = idempotencyKey === undefined ? undefined : bare(idempotencyKey);
  const clientMutationId = sent.clientMutationId ?? key;
  if (key !== undefined && key !== clientMutationId) return contradictory('/clientMutationId');
  if (ifMatch === undefined || resource === undefined)
    return { kind: 'read', clientMutationId, version: sent.version, precondition: 'version' };
  const version = versionOfEtag(ifMatch, resource);
  if (version === undefined)
    return { kind: 'contradictory', issues: [{ path: '/If-Match', code: 'not-an-etag' }] };
  if (sent.version === undefined || sent.version === null)
    return { kind: 'read', clientMutationId, version, precondition: 'if-match' };
  if (sent.version !== version) return contradictory('/version');
  return { kind: 'read', clientMutationId, version, precondition: 'version' };
}

/** A string of RFC 9651 has quotes; who leaves them out means the same. */
function bare(header: string): string {
  return /^\s*"([^"\\]*)"\s*$/.exec(header)?.[1] ?? header.trim();
}

function contradictory(path: string): MutationIntent {
  return { kind: 'contradictory', issues: [{ path, code: 'differs-from-header' }] };
}
