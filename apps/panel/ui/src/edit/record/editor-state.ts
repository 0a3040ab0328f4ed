/** What an editor of one part of a record knows, as data, and what of it is shown. Pure. */
import {
  type Answer,
  type Conflict,
  type ConflictEffect,
  type Draft,
  type Issue,
  isSame,
  type JsonObject,
  optimisticValue,
  type PendingRecord,
  type RecordKey,
  type Snapshot,
} from '@holdfast/optimistic-client';
import type { RecordPart } from './record-part.ts';

/** What was typed and not saved, on what was seen when the typing began. The base is frozen: news of others never move it. */
export interface Typed {
  readonly base: Snapshot;
  readonly patch: JsonObject;
}

/** `stuck`: nobody knows whether it landed, nor that a repetition helps; the user says when. */
export type DeliveryState = 'idle' | 'sending' | 'waiting' | 'signed-out' | 'stuck';

export type Notice =
  /** What was typed before a reload is back. `mustRetype`: without its secret. */
  | { readonly kind: 'restored'; readonly mustRetype: boolean }
  | { readonly kind: 'dropped'; readonly because: 'expired' | 'schema'; readonly draft: Draft }
  | { readonly kind: 'refused'; readonly answer: Answer }
  | { readonly kind: 'saved'; readonly patch: JsonObject }
  /** Asked after a reload: it had landed. */
  | { readonly kind: 'landed'; readonly patch: JsonObject }
  /** It was saved, and what is told once about it was lost on the way. */
  | { readonly kind: 'once-lost' }
  /** After a conflict there was nothing left to send. */
  | { readonly kind: 'nothing-left' }
  /** A deleted record was made anew. */
  | { readonly kind: 'made-anew'; readonly id: string }
  | { readonly kind: 'discarded' };

export interface EditorState {
  readonly record: RecordKey;
  /** `unreachable`: it could not be read. `gone`: there is no such record, or none to see, and nothing was typed. */
  readonly stage: 'opening' | 'open' | 'unreachable' | 'gone';
  /** Undefined until it was read. */
  readonly pending: PendingRecord | undefined;
  readonly typed: Typed | undefined;
  readonly conflict: Conflict | undefined;
  readonly delivery: DeliveryState;
  readonly notice: Notice | undefined;
  /** What is wrong with what was typed. */
  readonly issues: readonly Issue[];
  /** A discarded change can be had back. */
  readonly canUndoDiscard: boolean;
  /** Drafts of the same record in other tabs. */
  readonly draftsElsewhere: number;
  /** Told this one time; not kept anywhere else. */
  readonly once: JsonObject | undefined;
  /** What the conflict said last, and how often it has said something. */
  readonly said: { readonly message: Announcement; readonly count: number } | undefined;
}

export type Announcement = Extract<ConflictEffect, { readonly kind: 'announce' }>['message'];

export function openingState(record: RecordKey): EditorState {
  return {
    record,
    stage: 'opening',
    pending: undefined,
    typed: undefined,
    conflict: undefined,
    delivery: 'idle',
    notice: undefined,
    issues: [],
    canUndoDiscard: false,
    draftsElsewhere: 0,
    once: undefined,
    said: undefined,
  };
}

/** How a record stands, for a row of a list or of the tray; undefined where there is nothing to say. */
export type EditMark = 'draft' | 'saving' | 'waiting' | 'signed-out' | 'stuck' | 'conflict';

export function markOf({ conflict, delivery, typed }: EditorState): EditMark | undefined {
  if (conflict?.phase === 'choosing') return 'conflict';
  if (conflict !== undefined && conflict.phase !== 'discarded') return conflictMarks[conflict.phase];
  if (delivery === 'sending') return 'saving';
  if (delivery !== 'idle') return delivery;
  return typed === undefined ? undefined : 'draft';
}

const conflictMarks = {
  refreshing: 'saving',
  sending: 'saving',
  waiting: 'waiting',
  'signed-out': 'signed-out',
} as const;

/**
 * What the user sees in the form. Nobody types: what is on its way over the newest value. They do: what they type over what they
 * began with, as the server will compare it; news of others wait. In a conflict the same, with what they typed in it.
 */
export function shownValue({ pending, typed, conflict }: EditorState): JsonObject {
  if (conflict !== undefined && conflict.phase !== 'discarded') {
    const edited = Object.values(conflict.choices).map((choice) =>
      choice.kind === 'edited' ? choice.value : {},
    );
    return layered(conflict.base.value, conflict.patch, ...edited);
  }
  if (pending === undefined) return {};
  if (typed === undefined) return optimisticValue(pending);
  return layered(typed.base.value, ...pending.patches.map(({ patch }) => patch), typed.patch);
}

/** What is pending of it, for those who show the record from elsewhere. */
export function overlayOf({ pending, conflict }: EditorState): JsonObject {
  const isOpen = conflict !== undefined && conflict.phase !== 'choosing' && conflict.phase !== 'discarded';
  const queued = layered({}, ...(pending?.patches.map(({ patch }) => patch) ?? []));
  return { ...queued, ...(isOpen && conflict.patch) };
}

/** Whether the server has something newer than what is being edited. */
export function hasNewerVersion({ pending, typed, conflict }: EditorState): boolean {
  if (pending === undefined || typed === undefined) return false;
  return (
    (conflict === undefined || conflict.phase === 'discarded') && pending.server.version > typed.base.version
  );
}

/**
 * What is typed, without what is as it was: typing a value back is no change. Undefined when nothing is left.
 *
 * @param under - what the user sees below it: the base, with what is on its way
 */
export function typedOn(base: Snapshot, under: JsonObject, patch: JsonObject): Typed | undefined {
  const left = Object.entries(patch).filter(
    ([name, value]) => !isSame({ kind: 'exact' }, value, under[name]),
  );
  return left.length === 0 ? undefined : { base, patch: Object.fromEntries(left) };
}

/** The members of all, the later ones over the earlier. */
export function layered(...values: readonly JsonObject[]): JsonObject {
  return Object.assign({}, ...values);
}

/** What is wrong with what was typed; what is wrong elsewhere in the record is nobody's mistake here. */
export function issuesOf({ validate }: RecordPart, { base, patch }: Typed): readonly Issue[] {
  const issues = validate?.({ ...base.value, ...patch }) ?? [];
  return issues.filter(({ path }) => Object.hasOwn(patch, path.slice(1).split('/')[0] ?? ''));
}

/** Whether something of it would be lost without its draft. */
export function isHoldingWork(state: EditorState): boolean {
  return markOf(state) !== undefined || (state.pending?.patches.length ?? 0) > 0;
}
