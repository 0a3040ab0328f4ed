/**
 * A conflict over one record, as data: what the user changed, on which base, what the server has, and what they have decided.
 * Nothing the user typed leaves it before the server has it, or the user discards it.
 */
import type { Answer, FieldChange } from '../answer/answer.ts';
import type { Validate } from '../merge/merge-row.ts';
import type { Merge } from '../merge/merge3.ts';
import type { RecordSchema } from '../merge/record-schema.ts';
import type { Choices } from '../merge/resolve.ts';
import type { JsonObject } from '../record/json.ts';
import type { RecordKey, Snapshot } from '../record/snapshot.ts';

/**
 * `choosing`: it waits for the user, and is the only phase in which it does. `refreshing`: the newest value is read. `sending`: a
 * request is on its way. `waiting`: the last step is repeated after a while. `signed-out`: it is repeated when the user is back.
 * `discarded`: given up, and can be had back.
 */
export type ConflictPhase = 'choosing' | 'refreshing' | 'sending' | 'waiting' | 'signed-out' | 'discarded';

/** What the server has; `value` is undefined when the record was deleted. */
export interface Theirs {
  readonly version: number;
  readonly value: JsonObject | undefined;
}

/** What is sent, the same each time under the same id. */
export interface ConflictRequest {
  readonly clientMutationId: string;
  readonly base: Snapshot;
  readonly patch: JsonObject;
  /** Everything the user had changed when it was made: what they type later is not in it. */
  readonly typed: JsonObject;
  /** Set when a deleted record is made anew. */
  readonly isCreation?: boolean;
}

/** Why it waits for the user again: an answer, or that others kept changing the record. */
export type ConflictProblem =
  | Extract<Answer, { readonly kind: 'state-conflict' | 'invalid' }>
  | { readonly kind: 'forbidden' | 'undecided' | 'too-many-tries' | 'unexpected' | 'mutation-id-reused' };

export interface Conflict {
  readonly record: RecordKey;
  readonly phase: ConflictPhase;
  /** Whether the dialog is open. The user may close it and edit on; nothing is sent until it is resolved. */
  readonly isShown: boolean;
  /** What the user saw when they began; it stays until it is resolved. */
  readonly base: Snapshot;
  /** Everything they have changed since. */
  readonly patch: JsonObject;
  readonly theirs: Theirs;
  /** Who changed what, as far as the server knows. */
  readonly changed: readonly FieldChange[] | null;
  /** What the user has seen of it. */
  readonly merge: Merge;
  readonly choices: Choices;
  readonly problem?: ConflictProblem;
  readonly request?: ConflictRequest;
  /** Sent again without asking, since the user last applied. */
  readonly silentTries: number;
  /** Reads that were older than what is known, in a row. */
  readonly staleReads: number;
  /** Times in a row that the last step has failed for now. */
  readonly attempts: number;
}

/** What the controller has to know of a kind of record. */
export interface ConflictContext {
  readonly schema: RecordSchema;
  readonly validate?: Validate;
}

/** How often others may be quicker before the user is asked again. */
export const mostSilentTries = 3;
