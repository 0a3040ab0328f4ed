/** What has to be done, in this order, each before the next. Its outcome comes back as an event. */
import type { Answer } from '../answer/answer.ts';
import type { DraftState } from '../draft/draft.ts';
import type { Choices } from '../merge/resolve.ts';
import type { JsonObject } from '../record/json.ts';
import type { Snapshot } from '../record/snapshot.ts';

export type ConflictEffect =
  /** Without any cache; the answer is older than known when it has a smaller version than `atLeast`. Gives `latest` or `read-failed`. */
  | { readonly kind: 'read-latest'; readonly atLeast: number }
  /** To be on disk before the effect that follows it. */
  | {
      readonly kind: 'keep-draft';
      readonly state: DraftState;
      readonly base: Snapshot;
      readonly patch: JsonObject;
      readonly choices: Choices;
      readonly clientMutationId?: string;
      readonly isCreation?: boolean;
      /** Typed after the request was made. */
      readonly later?: JsonObject;
    }
  /** Gives `answered`. */
  | {
      readonly kind: 'send';
      readonly clientMutationId: string;
      readonly version: number;
      readonly patch: JsonObject;
    }
  /** A new record with this value. Gives `answered`. */
  | { readonly kind: 'create'; readonly clientMutationId: string; readonly value: JsonObject }
  /** `retryDelayMs` tells how long; then `retry-due`. */
  | { readonly kind: 'wait'; readonly answer: Answer; readonly attempt: number }
  /** In place, without leaving the page; then `signed-in`. */
  | { readonly kind: 'ask-sign-in' }
  | { readonly kind: 'delete-draft' }
  | { readonly kind: 'discard-draft' }
  | { readonly kind: 'restore-draft' }
  /**
   * Nothing is pending any more. Show `server`; edit on from `base` with `rest`, what was typed after the request was made. `server`
   * is undefined when the record is gone. `id`: of the record that was made anew.
   */
  | {
      readonly kind: 'adopt';
      readonly server: Snapshot | undefined;
      readonly base: Snapshot | undefined;
      readonly rest: JsonObject;
      readonly id?: string;
    }
  /** To say in the dialog, or where it was. */
  | {
      readonly kind: 'announce';
      readonly message:
        | 'opened'
        | 'changed-again'
        | 'deleted'
        | 'applied'
        | 'nothing-left'
        | 'discarded'
        | 'needs-user';
    };

/** The conflict after an event, undefined when it is over, and what has to be done. */
export interface ConflictStep<State> {
  readonly conflict: State;
  readonly effects: readonly ConflictEffect[];
}
