/** What to do with a draft when its record is opened again: a table, from what the draft says and what the server has now. */
import type { RecordSchema } from '../merge/record-schema.ts';
import type { Snapshot } from '../record/snapshot.ts';
import { type Draft, isExpired, lacksSecret } from './draft.ts';

export interface OpenFacts {
  readonly draft: Draft | undefined;
  /** Read just now, never from a cache; undefined when the record is gone. */
  readonly latest: Snapshot | undefined;
  readonly schema: RecordSchema;
  /** Of the schema now. */
  readonly schemaV: number;
  readonly nowMs: number;
}

export type OpenDecision =
  | { readonly kind: 'nothing' }
  /** Show it over the server's value, with a notice that can be undone. `mustRetype`: a secret was in it. */
  | { readonly kind: 'restore'; readonly draft: Draft; readonly mustRetype: boolean }
  /** The record has moved on: show the draft, and the conflict. */
  | { readonly kind: 'open-conflict'; readonly draft: Draft; readonly latest: Snapshot | undefined }
  /** It was on its way: the same id tells whether it landed. */
  | { readonly kind: 'send-again'; readonly draft: Draft; readonly clientMutationId: string }
  /** It cannot be used. `schema`: say so, and show what was in it. */
  | { readonly kind: 'drop'; readonly draft: Draft; readonly because: 'expired' | 'schema' }
  /** It was discarded, and can be had back for a while. */
  | { readonly kind: 'offer-undo'; readonly draft: Draft };

export function decideOnOpen({ draft, latest, schema, schemaV, nowMs }: OpenFacts): OpenDecision {
  if (draft === undefined) return { kind: 'nothing' };
  if (isExpired(draft, nowMs)) return { kind: 'drop', draft, because: 'expired' };
  if (draft.discardedAt !== undefined) return { kind: 'offer-undo', draft };
  if (draft.schemaV !== schemaV) return { kind: 'drop', draft, because: 'schema' };
  const { clientMutationId, state } = draft;
  const mustRetype = lacksSecret(schema, draft);
  // Without its secret it would be another request under the same id, and refused as such.
  if (state === 'sending' && clientMutationId !== undefined && !mustRetype) {
    return { kind: 'send-again', draft, clientMutationId };
  }
  if (latest?.version === draft.baseVersion) return { kind: 'restore', draft, mustRetype };
  return { kind: 'open-conflict', draft, latest };
}
