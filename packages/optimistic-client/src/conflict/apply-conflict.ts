/**
 * Refresh and apply: read the newest value, merge again on the same base, and send what is decided, and that alone, on the version
 * that was read. Where others have written meanwhile: again, without asking while nothing new overlaps, three times at most.
 */

import { canonical } from '../equality/canonical.ts';
import { resolve } from '../merge/resolve.ts';
import { type JsonObject, memberOf, withPatch } from '../record/json.ts';
import type { Conflict, ConflictContext, ConflictProblem, ConflictRequest, Theirs } from './conflict.ts';
import type { ConflictEffect, ConflictStep } from './conflict-effect.ts';
import { hasNewOverlap, mergeOf, newerTheirs, remerged } from './remerge.ts';

type Step = ConflictStep<Conflict | undefined>;

/** The user applies. A second click finds another phase and does nothing. */
export function apply(context: ConflictContext, conflict: Conflict): Step {
  if (conflict.phase !== 'choosing' || conflict.theirs.value === undefined) return { conflict, effects: [] };
  const { undecided } = resolve(conflict.merge, conflict.choices);
  if (undecided.length > 0) return ask(context, conflict, { kind: 'undecided' });
  return refresh({ ...withoutProblem(conflict), silentTries: 0, attempts: 0 });
}

export function refresh(conflict: Conflict): Step {
  const { request: _request, ...rest } = conflict;
  return {
    conflict: { ...rest, phase: 'refreshing', staleReads: 0 },
    effects: [{ kind: 'read-latest', atLeast: conflict.theirs.version }],
  };
}

/** The newest value is there. */
export function afterRead(
  context: ConflictContext,
  conflict: Conflict,
  { theirs: told, newId }: { readonly theirs: Theirs; readonly newId: string },
): Step {
  const { theirs: known, staleReads } = conflict;
  if (told.version < known.version && staleReads === 0) {
    return {
      conflict: { ...conflict, staleReads: 1 },
      effects: [{ kind: 'read-latest', atLeast: known.version }],
    };
  }
  const latest = { ...conflict, attempts: 0, theirs: newerTheirs(context.schema, conflict, told) };
  if (hasNewOverlap(conflict, mergeOf(context, latest))) return changedAgain(context, latest);
  return send(context, remerged(context, latest), newId);
}

/** Somebody was quicker than our request. `theirs` is what the refusal says. */
export function refusedAgain(context: ConflictContext, conflict: Conflict, theirs: Theirs): Step {
  const latest = { ...conflict, theirs: newerTheirs(context.schema, conflict, theirs) };
  if (hasNewOverlap(conflict, mergeOf(context, latest))) return changedAgain(context, latest);
  const { silentTries, ...rest } = latest;
  return refresh({ ...rest, silentTries: silentTries + 1 });
}

/** The user has to decide again, and sees what about. */
export function changedAgain(context: ConflictContext, conflict: Conflict): Step {
  const asked = ask(context, conflict);
  const message = conflict.theirs.value === undefined ? 'deleted' : 'changed-again';
  return { ...asked, effects: [...asked.effects.slice(0, -1), { kind: 'announce', message }] };
}

/** Back to the user, with everything they had. */
export function ask(context: ConflictContext, conflict: Conflict, problem?: ConflictProblem): Step {
  const { request: _request, ...rest } = remerged(context, withoutProblem(conflict));
  const asked: Conflict = {
    ...rest,
    phase: 'choosing',
    isShown: true,
    ...(problem !== undefined && { problem }),
  };
  return { conflict: asked, effects: [keepDraft(asked), { kind: 'announce', message: 'needs-user' }] };
}

/** The draft of a conflict: the request to the letter where one is on its way, and what was typed since. */
export function keepDraft({ base, patch, choices, request }: Conflict): ConflictEffect {
  if (request === undefined) return { kind: 'keep-draft', state: 'conflict', base, patch, choices };
  const later = typedSince(patch, request.typed);
  return {
    kind: 'keep-draft',
    state: 'sending',
    base: request.base,
    patch: request.patch,
    choices: {},
    clientMutationId: request.clientMutationId,
    ...(request.isCreation === true && { isCreation: true }),
    ...(Object.keys(later).length > 0 && { later }),
  };
}

/** What of `patch` is not in `typed`, or is another value there. */
export function typedSince(patch: JsonObject, typed: JsonObject): JsonObject {
  const textOf = (value: JsonObject, name: string) => canonical({ kind: 'exact' }, memberOf(value, name));
  return Object.fromEntries(
    Object.entries(patch).filter(([name]) => textOf(patch, name) !== textOf(typed, name)),
  );
}

/** The request, as often as it takes: the id is on disk before it leaves. */
export function transmit(conflict: Conflict, request: ConflictRequest): Step {
  const { clientMutationId, base, patch, isCreation } = request;
  const sent: ConflictEffect = isCreation
    ? { kind: 'create', clientMutationId, value: withPatch(base.value, patch) }
    : { kind: 'send', clientMutationId, version: base.version, patch };
  const sending: Conflict = { ...conflict, phase: 'sending', request };
  return { conflict: sending, effects: [keepDraft(sending), sent] };
}

/** Nothing is left to decide: `server` is shown, and `rest` is edited on. */
export function close(
  server: Theirs,
  { base, rest, id }: { readonly base: Theirs; readonly rest: JsonObject; readonly id?: string },
): readonly ConflictEffect[] {
  const start = snapshotOf(base);
  return [
    start === undefined || Object.keys(rest).length === 0
      ? { kind: 'delete-draft' }
      : { kind: 'keep-draft', state: 'editing', base: start, patch: rest, choices: {} },
    {
      kind: 'adopt',
      server: snapshotOf(server),
      base: start,
      rest,
      ...(id !== undefined && { id }),
    },
  ];
}

function snapshotOf({ version, value }: Theirs) {
  return value === undefined ? undefined : { version, value };
}

function send(context: ConflictContext, conflict: Conflict, clientMutationId: string): Step {
  const { theirs, patch: typed, merge, choices } = conflict;
  if (theirs.value === undefined) return changedAgain(context, conflict);
  const { patch, undecided, issues } = resolve(merge, choices, context.validate);
  if (undecided.length > 0) return ask(context, conflict, { kind: 'undecided' });
  if (Object.keys(patch).length === 0) {
    const effects = close(theirs, { base: theirs, rest: {} });
    return { conflict: undefined, effects: [...effects, { kind: 'announce', message: 'nothing-left' }] };
  }
  if (issues.length > 0) return ask(context, conflict, { kind: 'invalid', issues });
  const base = { version: theirs.version, value: theirs.value };
  return transmit(conflict, { clientMutationId, base, patch, typed });
}

function withoutProblem(conflict: Conflict): Conflict {
  const { problem: _problem, ...rest } = conflict;
  return rest;
}
