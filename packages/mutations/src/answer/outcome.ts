/**
 * What became of a mutation, as a value. Only what is an answer is here: a database that is gone, or a defect, is thrown.
 * `answerTo` makes an HTTP answer of it.
 */
import type { ErrorCode } from '@holdfast/base';
import type { Issue } from '../kind/issue.ts';
import type { Author } from '../log/change-log.ts';
import type { JsonObject } from '../request/json.ts';

/** Which resource, at which version. */
export interface Versioned {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
}

/** A success, as the sender may see the resource; `value` is undefined when it is not theirs to see, or gone. */
interface Success {
  readonly resource: Versioned;
  readonly etag: string;
  readonly status: number;
  readonly value: JsonObject | undefined;
}

/** A change somebody made to one field. */
export interface FieldChange {
  /** JSON pointer. */
  readonly path: string;
  readonly version: number;
  readonly by: Author;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** What a client needs to merge, as its user may see it. */
export interface Conflict {
  readonly resource: { readonly kind: string; readonly id: string };
  readonly sent: { readonly version: number };
  readonly current: { readonly version: number; readonly etag: string; readonly value: JsonObject };
  /** In the order in which it happened; null when the log does not tell all of it. */
  readonly changed: readonly FieldChange[] | null;
  /** What was there at the version that was sent, where the log can tell. */
  readonly base?: { readonly version: number; readonly value: JsonObject };
  readonly conflictId: string;
}

/** What is left of a resource that is gone. */
export interface Deletion {
  readonly resource: { readonly kind: string; readonly id: string };
  readonly sent: { readonly version: number | null };
  /** Who deleted it, where the log can tell. */
  readonly deleted?: { readonly version: number; readonly by: Author; readonly at: string };
  /** What it was, for whoever wants to make it anew. */
  readonly last?: JsonObject;
  readonly conflictId: string;
}

export type MutationOutcome =
  | ({
      readonly kind: 'applied';
      /** Told this once and stored nowhere: a claim token. A replay does not have it. */
      readonly once?: JsonObject;
    } & Success)
  /** Committed before under the same id: `stored` is what was answered then, `current` what the resource is now. */
  | ({ readonly kind: 'replayed'; readonly from: 'stored' | 'current' } & Success)
  /** Everything was so already: nothing was written but the receipt. */
  | ({ readonly kind: 'unchanged' } & Success)
  | { readonly kind: 'version-conflict'; readonly precondition: Precondition; readonly conflict: Conflict }
  | { readonly kind: 'deleted'; readonly deletion: Deletion }
  | { readonly kind: 'state-conflict'; readonly code: ErrorCode }
  | { readonly kind: 'mutation-id-reused' }
  | { readonly kind: 'mutation-id-missing' }
  | { readonly kind: 'version-missing' }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

/** Where the version came from. */
export type Precondition = 'version' | 'if-match';
