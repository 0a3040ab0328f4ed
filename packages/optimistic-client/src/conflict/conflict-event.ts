/** What can happen to a conflict. Ids and everything that was read come with the event: the controller makes nothing up. */
import type { Answer, FieldChange } from '../answer/answer.ts';
import type { Choice } from '../merge/resolve.ts';
import type { JsonObject } from '../record/json.ts';
import type { RecordKey, Snapshot } from '../record/snapshot.ts';
import type { Theirs } from './conflict.ts';

export type ConflictEvent =
  /** A mutation was refused, or a draft was opened on a record that has moved on. */
  | {
      readonly kind: 'refused';
      readonly record: RecordKey;
      readonly base: Snapshot;
      readonly patch: JsonObject;
      readonly theirs: Theirs;
      readonly changed?: readonly FieldChange[] | null;
    }
  /** News of the record, while it is open. */
  | { readonly kind: 'server-told'; readonly theirs: Theirs }
  | { readonly kind: 'decided'; readonly row: string; readonly choice: Choice }
  /** The user edits on, in the form. */
  | { readonly kind: 'edited'; readonly patch: JsonObject }
  /** «Refrescar y aplicar mis cambios». */
  | { readonly kind: 'apply' }
  /** What `read-latest` read; `newId` names the request, should there be one. */
  | { readonly kind: 'latest'; readonly theirs: Theirs; readonly newId: string }
  | { readonly kind: 'read-failed'; readonly answer: Answer }
  | { readonly kind: 'answered'; readonly clientMutationId: string; readonly answer: Answer }
  /** The time of `wait` is over. */
  | { readonly kind: 'retry-due' }
  | { readonly kind: 'signed-in' }
  /** «Descartar mis cambios». */
  | { readonly kind: 'discard' }
  | { readonly kind: 'undo-discard' }
  /** «Seguir editando». */
  | { readonly kind: 'keep-editing' }
  | { readonly kind: 'reopen' }
  /** The record was deleted: make a new one of what the user has. */
  | { readonly kind: 'restore-as-new'; readonly newId: string };
