/** One line of a merge: a field, or a group, that somebody changed. */
import type { JsonObject } from '../record/json.ts';
import type { ListConflict } from './merge-lists.ts';

/** Who changed it. `combined`: both, and both changes are in the merged value. */
export type MergeState = 'only-mine' | 'only-theirs' | 'both-same' | 'combined' | 'conflict';

/** Why the user has to decide. `deleted`: one side deleted the record that the other changed. */
export type ConflictReason = 'value' | 'text' | 'list' | 'secret' | 'deleted';

/** Values by field name: one member for a field, some for a group. */
export interface MergeRow {
  /** The name of the field or group. */
  readonly name: string;
  readonly fields: readonly string[];
  readonly state: MergeState;
  /** Of a conflict. */
  readonly because?: ConflictReason;
  /** To show: of secrets only whether they changed. */
  readonly base: JsonObject;
  readonly mine: JsonObject;
  readonly theirs: JsonObject;
  /**
   * What each choice writes. Not to show and not to keep: a secret that was typed is in it. A list's conflicts are decided, the
   * rest of it is merged. Of a conflict of secrets only `theirs` is there: the other way is to type it again.
   */
  readonly options: {
    readonly mine?: JsonObject;
    readonly theirs: JsonObject;
    readonly base?: JsonObject;
  };
  /** What in a list is in conflict. */
  readonly listConflicts?: readonly ListConflict[];
  /** Of a conflict of texts: both changes of the lines together, where they do not touch. Never taken by itself. */
  readonly suggestion?: string;
}

/** Something that is wrong with a value. */
export interface Issue {
  /** JSON pointer. */
  readonly path: string;
  /** Machine text. */
  readonly code: string;
}

/** The same checks as the server's, on a whole value. */
export type Validate = (value: JsonObject) => readonly Issue[];
