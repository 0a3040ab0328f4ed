/**
 * The one controller of a conflict: from what it is and what has happened to what it is then, and what has to be done. Pure; whoever
 * runs it does the effects in their order and gives back what came of them.
 *
 * One record has one, so two refusals at once are one dialog; events that do not fit the phase change nothing, so a double click is
 * one request.
 */

import { fieldOf } from '../merge/record-schema.ts';
import { isSecretMark } from '../merge/secret.ts';
import { withPatch } from '../record/json.ts';
import { afterAnswer, afterFailedRead, repeat } from './answer-conflict.ts';
import { afterRead, apply, changedAgain, keepDraft, transmit } from './apply-conflict.ts';
import type { Conflict, ConflictContext, Theirs } from './conflict.ts';
import type { ConflictEffect, ConflictStep } from './conflict-effect.ts';
import type { ConflictEvent } from './conflict-event.ts';
import { hasNewOverlap, mergeOf, newerTheirs, remerged } from './remerge.ts';

type Step = ConflictStep<Conflict | undefined>;
type EventOf<Kind extends ConflictEvent['kind']> = Extract<ConflictEvent, { readonly kind: Kind }>;

/** @param conflict - undefined while the record has none */
export function reduceConflict(
  context: ConflictContext,
  conflict: Conflict | undefined,
  event: ConflictEvent,
): Step {
  if (event.kind === 'refused') return refused(context, conflict, event);
  if (conflict === undefined) return { conflict, effects: [] };
  switch (event.kind) {
    case 'server-told':
      return serverTold(context, conflict, event.theirs);
    case 'decided':
      return decided(conflict, event);
    case 'edited':
      return edited(context, conflict, event);
    case 'apply':
      return apply(context, conflict);
    case 'latest':
      return conflict.phase === 'refreshing'
        ? afterRead(context, conflict, event)
        : serverTold(context, conflict, event.theirs);
    case 'read-failed':
      return afterFailedRead(context, conflict, event.answer);
    case 'answered':
      return afterAnswer(context, conflict, event);
    case 'retry-due':
      return conflict.phase === 'waiting' ? repeat(conflict) : unchanged(conflict);
    case 'signed-in':
      return conflict.phase === 'signed-out' ? repeat(conflict) : unchanged(conflict);
    case 'discard':
      return discard(conflict);
    case 'undo-discard':
      return undoDiscard(context, conflict);
    case 'keep-editing':
      return { conflict: { ...conflict, isShown: false }, effects: keepIfIdle(conflict) };
    case 'reopen':
      return { conflict: { ...conflict, isShown: conflict.phase !== 'discarded' }, effects: [] };
    case 'restore-as-new':
      return restoreAsNew(context, conflict, event.newId);
    default:
      return event satisfies never;
  }
}

/** The first refusal opens it; another one, of the same record, adds what was refused to it. */
function refused(context: ConflictContext, open: Conflict | undefined, event: EventOf<'refused'>): Step {
  if (open !== undefined && open.phase !== 'discarded') return refusedToo(context, open, event);
  const { record, base, patch, theirs, changed = null } = event;
  const merge = mergeOf(context, { base, patch, theirs });
  const conflict: Conflict = {
    record,
    phase: 'choosing',
    isShown: true,
    base,
    patch,
    theirs,
    changed,
    merge,
    choices: {},
    silentTries: 0,
    staleReads: 0,
    attempts: 0,
  };
  const opened = remerged(context, conflict);
  const message = theirs.value === undefined ? 'deleted' : 'opened';
  return { conflict: opened, effects: [keepDraft(opened), { kind: 'announce', message }] };
}

function refusedToo(context: ConflictContext, open: Conflict, event: EventOf<'refused'>): Step {
  const { base, patch, theirs, changed } = event;
  const both: Conflict = {
    ...open,
    // On the older base nothing that somebody changed can be missed.
    base: base.version < open.base.version ? base : open.base,
    patch: withPatch(open.patch, patch),
    changed: theirs.version > open.theirs.version ? (changed ?? null) : open.changed,
  };
  const latest = { ...both, theirs: newerTheirs(context.schema, both, theirs) };
  return open.phase === 'choosing' ? changedAgain(context, latest) : { conflict: latest, effects: [] };
}

/** Something newer, from whatever told it. While something is on its way its answer will tell, and decides. */
function serverTold(context: ConflictContext, conflict: Conflict, told: Theirs): Step {
  const theirs = newerTheirs(context.schema, conflict, told);
  const isGone = theirs.value === undefined && conflict.theirs.value !== undefined;
  if (theirs.version === conflict.theirs.version && !isGone) return unchanged(conflict);
  const latest = { ...conflict, theirs };
  if (conflict.phase !== 'choosing') return unchanged(latest);
  const isNew = hasNewOverlap(conflict, mergeOf(context, latest));
  const next = remerged(context, latest);
  const message = theirs.value === undefined ? 'deleted' : 'changed-again';
  return {
    conflict: next,
    effects: [keepDraft(next), ...(isNew ? [{ kind: 'announce', message } as const] : [])],
  };
}

function decided(conflict: Conflict, { row, choice }: EventOf<'decided'>): Step {
  const isRow = conflict.merge.rows.some(({ name }) => name === row);
  if (conflict.phase !== 'choosing' || !isRow) return unchanged(conflict);
  const { problem: _problem, ...rest } = conflict;
  const choices = Object.fromEntries([...Object.entries(conflict.choices), [row, choice] as const]);
  const next = { ...rest, choices };
  return { conflict: next, effects: [keepDraft(next)] };
}

/** What was typed last counts: a decision about the same field is taken back. */
function edited(context: ConflictContext, conflict: Conflict, { patch }: EventOf<'edited'>): Step {
  // What is typed after a discard belongs to the form, as if there had been no conflict.
  if (conflict.phase === 'discarded') return unchanged(conflict);
  const isTouched = (name: string) =>
    conflict.merge.rows.some(
      (row) => row.name === name && row.fields.some((field) => Object.hasOwn(patch, field)),
    );
  const choices = Object.fromEntries(Object.entries(conflict.choices).filter(([name]) => !isTouched(name)));
  const typed = { ...conflict, patch: withPatch(conflict.patch, patch), choices };
  const next = conflict.phase === 'choosing' ? remerged(context, typed) : typed;
  return { conflict: next, effects: [keepDraft(next)] };
}

/** Not while a request is on its way: nobody knows yet what there is to give up. */
function discard(conflict: Conflict): Step {
  const { phase, theirs } = conflict;
  if (phase === 'sending' || phase === 'discarded') return unchanged(conflict);
  const { request: _request, problem: _problem, ...rest } = conflict;
  const server = theirs.value === undefined ? undefined : { version: theirs.version, value: theirs.value };
  const effects: readonly ConflictEffect[] = [
    keepDraft(conflict),
    { kind: 'discard-draft' },
    { kind: 'adopt', server, base: server, rest: {} },
    { kind: 'announce', message: 'discarded' },
  ];
  return { conflict: { ...rest, phase: 'discarded', isShown: false }, effects };
}

function undoDiscard(context: ConflictContext, conflict: Conflict): Step {
  if (conflict.phase !== 'discarded') return unchanged(conflict);
  const back = remerged(context, { ...conflict, phase: 'choosing', isShown: true });
  const message = back.theirs.value === undefined ? 'deleted' : 'opened';
  return {
    conflict: back,
    effects: [{ kind: 'restore-draft' }, keepDraft(back), { kind: 'announce', message }],
  };
}

function restoreAsNew(context: ConflictContext, conflict: Conflict, clientMutationId: string): Step {
  const { phase, theirs, base, patch } = conflict;
  if (phase !== 'choosing' || theirs.value !== undefined) return unchanged(conflict);
  const isOurs = ([name, value]: readonly [string, unknown]) => {
    const field = fieldOf(context.schema, name);
    return field !== undefined && field.isServerOwned !== true && !isSecretMark(value as never);
  };
  const value = Object.fromEntries(Object.entries(base.value).filter(isOurs));
  return transmit(conflict, {
    clientMutationId,
    patch,
    typed: patch,
    isCreation: true,
    base: { version: base.version, value },
  });
}

function keepIfIdle(conflict: Conflict): readonly ConflictEffect[] {
  return conflict.phase === 'choosing' ? [keepDraft(conflict)] : [];
}

function unchanged(conflict: Conflict): Step {
  return { conflict, effects: [] };
}
