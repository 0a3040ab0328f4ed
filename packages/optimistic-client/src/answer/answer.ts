/** What became of a request, as the client acts on it. The transport makes an `HttpAnswer`, or says that there was none. */

import type { Issue } from '../merge/merge-row.ts';
import type { JsonObject } from '../record/json.ts';
import type { RecordKey } from '../record/snapshot.ts';

/** An answer as it came. */
export interface HttpAnswer {
  /** 0 when nothing came back. */
  readonly status: number;
  /** Names in small letters. */
  readonly headers: { readonly [name: string]: string };
  /** The document of the body; undefined when it is none. */
  readonly body: unknown;
}

/** Who changed what since the version that was sent. */
export interface FieldChange {
  /** JSON pointer. */
  readonly path: string;
  readonly version: number;
  readonly by: { readonly id: string; readonly name: string };
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A record that was written, or found as it should be. `value` is undefined where the server did not tell it. */
export interface Written {
  readonly id: string;
  readonly version: number;
  readonly value: JsonObject | undefined;
}

export type Answer =
  | ({ readonly kind: 'applied' } & Written)
  /** It was so already. */
  | ({ readonly kind: 'unchanged' } & Written)
  /** Committed before under the same id. `current`: as the record is now, not as it was answered then. */
  | ({ readonly kind: 'replayed'; readonly from: 'stored' | 'current' } & Written)
  | {
      readonly kind: 'version-conflict';
      /** Undefined when the answer does not say of which record it is. */
      readonly resource: RecordKey | undefined;
      readonly current: { readonly version: number; readonly value: JsonObject };
      /** Null when the server does not know all of it. */
      readonly changed: readonly FieldChange[] | null;
      /** For a client that has lost its own. */
      readonly base: { readonly version: number; readonly value: JsonObject } | undefined;
    }
  | {
      readonly kind: 'deleted-conflict';
      /** Who deleted it, where that is known. */
      readonly deleted: Omit<FieldChange, 'path'> | undefined;
      /** What it was. */
      readonly last: JsonObject | undefined;
    }
  | { readonly kind: 'state-conflict'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | {
      readonly kind: 'mutation-in-flight' | 'busy' | 'quota-exceeded';
      readonly retryAfterMs: number | undefined;
    }
  | {
      readonly kind:
        | 'mutation-id-reused'
        | 'mutation-id-missing'
        | 'precondition-required'
        | 'signed-out'
        | 'forbidden'
        | 'not-found'
        /** Nothing came back: it may have been committed. */
        | 'network-failure'
        /** An answer that nobody has described, a defect of the server among them. */
        | 'unexpected';
    };

export type AnswerKind = Answer['kind'];
