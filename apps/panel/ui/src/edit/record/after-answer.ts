/** What an answer makes of an editor: saved, taken back, or halted by a conflict. Pure. */
import {
  type Answer,
  type ConflictEvent,
  haltForConflict,
  type JsonObject,
  type MutationRequest,
  ownSave,
  type PendingRecord,
  type Snapshot,
  settlePatch,
  withServer,
} from '@holdfast/optimistic-client';
import { type EditorState, type Notice, type Typed, typedOn } from './editor-state.ts';
import type { RecordPart } from './record-part.ts';

export type Written = Extract<Answer, { readonly kind: 'applied' | 'unchanged' | 'replayed' }>;
export type Refusal = Extract<
  Answer,
  { readonly kind: 'version-conflict' | 'deleted-conflict' | 'not-found' }
>;

/** The server has it. `made` is the version that the save made: what was typed meanwhile goes on from it. */
export function afterSave(
  { typed }: EditorState,
  pending: PendingRecord,
  { request, answer }: { readonly request: MutationRequest; readonly answer: Written },
): { readonly changes: Pick<EditorState, 'pending' | 'typed'>; readonly made: Snapshot } {
  const [sent] = pending.patches;
  const made = ownSave(sent ?? { base: pending.server, patch: request.patch }, answer);
  const settled = settlePatch(pending, request.clientMutationId, answer);
  return { changes: { pending: settled, typed: carried(typed, request.version, made) }, made };
}

/** What is said about it. A repetition is not told again what is told once. */
export function savedNotice(
  part: RecordPart,
  {
    patch,
    once,
    isResumed,
  }: { readonly patch: JsonObject; readonly once: JsonObject | undefined; readonly isResumed: boolean },
): Notice {
  if (once === undefined && part.tellsOnce?.(patch) === true) return { kind: 'once-lost' };
  return { kind: isResumed ? 'landed' : 'saved', patch };
}

/** What was typed on version `from` goes on from `made`, an own save. */
export function carried(typed: Typed | undefined, from: number, made: Snapshot): Typed | undefined {
  if (typed === undefined || typed.base.version !== from) return typed;
  return typedOn(made, made.value, typed.patch);
}

/** Refused for good: a form has everything back as typed, nothing more is sent; an action is as if it had not been. */
export function afterRefusal(
  { typed }: EditorState,
  pending: PendingRecord,
  { mode, answer }: { readonly mode: 'form' | 'action'; readonly answer: Answer },
): Pick<EditorState, 'pending' | 'typed' | 'issues' | 'notice'> {
  const { base, patch } = haltForConflict(pending);
  const left = { ...pending, patches: [], isSending: false };
  const back = base === undefined ? typed : typedOn(base, base.value, { ...patch, ...typed?.patch });
  return {
    pending: left,
    typed: mode === 'form' ? back : undefined,
    issues: answer.kind === 'invalid' ? answer.issues : [],
    notice: { kind: 'refused', answer },
  };
}

/** Somebody was quicker: everything that is pending or typed becomes the one change of a conflict. */
export function afterConflict(
  { record, typed }: EditorState,
  pending: PendingRecord,
  answer: Refusal,
): {
  readonly pending: PendingRecord;
  readonly refused: Extract<ConflictEvent, { readonly kind: 'refused' }> | undefined;
} {
  const halted = haltForConflict(pending);
  const patch: JsonObject = { ...halted.patch, ...typed?.patch };
  const { base } = halted;
  if (base === undefined) return { pending: halted.record, refused: undefined };
  if (answer.kind !== 'version-conflict') {
    const deletedAt = answer.kind === 'deleted-conflict' ? (answer.deleted?.version ?? 0) : 0;
    const version = Math.max(pending.server.version, deletedAt);
    const theirs = { version, value: undefined };
    return { pending: halted.record, refused: { kind: 'refused', record, base, patch, theirs } };
  }
  const { current: theirs, changed } = answer;
  return {
    pending: withServer(halted.record, theirs),
    refused: { kind: 'refused', record, base, patch, theirs, changed },
  };
}
