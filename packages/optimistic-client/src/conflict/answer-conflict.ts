/** What the answer to a request, or to a read, means for the conflict. The table of decisions says it for all mutations. */
import type { Answer } from '../answer/answer.ts';
import { decisionTable } from '../pending/decision-table.ts';
import { ownSave } from '../pending/own-save.ts';
import { ask, close, refresh, refusedAgain, transmit, typedSince } from './apply-conflict.ts';
import {
  type Conflict,
  type ConflictContext,
  type ConflictProblem,
  mostSilentTries,
  type Theirs,
} from './conflict.ts';
import type { ConflictStep } from './conflict-effect.ts';
import { newerTheirs } from './remerge.ts';

type Step = ConflictStep<Conflict | undefined>;
type Applied = Extract<Answer, { readonly kind: 'applied' | 'unchanged' | 'replayed' }>;

/** An answer to a request that is not the one on its way is late, and means nothing. */
export function afterAnswer(
  context: ConflictContext,
  conflict: Conflict,
  { clientMutationId, answer }: { readonly clientMutationId: string; readonly answer: Answer },
): Step {
  const isExpected = conflict.phase === 'sending' && conflict.request?.clientMutationId === clientMutationId;
  if (!isExpected) return { conflict, effects: [] };
  switch (answer.kind) {
    case 'applied':
    case 'unchanged':
    case 'replayed':
      return applied(conflict, answer);
    case 'version-conflict':
      return outrun(context, { ...conflict, changed: answer.changed }, answer.current);
    case 'deleted-conflict':
      return refusedAgain(context, conflict, { version: goneAfter(conflict, answer), value: undefined });
    default:
      return otherwise(context, conflict, answer);
  }
}

/** The newest value could not be read. */
export function afterFailedRead(context: ConflictContext, conflict: Conflict, answer: Answer): Step {
  return conflict.phase === 'refreshing' ? otherwise(context, conflict, answer) : { conflict, effects: [] };
}

/** The last step once more: the same request under the same id, or the read. */
export function repeat(conflict: Conflict): Step {
  return conflict.request === undefined ? refresh(conflict) : transmit(conflict, conflict.request);
}

/** Somebody was quicker, again. */
function outrun(context: ConflictContext, conflict: Conflict, current: Theirs): Step {
  if (conflict.silentTries < mostSilentTries) return refusedAgain(context, conflict, current);
  const theirs = newerTheirs(context.schema, conflict, current);
  return ask(context, { ...conflict, theirs }, { kind: 'too-many-tries' });
}

function otherwise(context: ConflictContext, conflict: Conflict, answer: Answer): Step {
  switch (decisionTable[answer.kind].next) {
    case 'retry': {
      const attempt = conflict.attempts + 1;
      return {
        conflict: { ...conflict, phase: 'waiting', attempts: attempt },
        effects: [{ kind: 'wait', answer, attempt }],
      };
    }
    case 'sign-in':
      return { conflict: { ...conflict, phase: 'signed-out' }, effects: [{ kind: 'ask-sign-in' }] };
    case 'merge':
      return refusedAgain(context, conflict, { version: goneAfter(conflict), value: undefined });
    default:
      return ask(context, conflict, problemOf(answer));
  }
}

function applied(conflict: Conflict, answer: Applied): Step {
  const { request, patch } = conflict;
  if (request === undefined) return { conflict, effects: [] };
  const { id } = answer;
  const isNew = request.isCreation === true;
  const made = ownSave(request, { ...answer, version: answer.version });
  const server = { version: answer.version, value: answer.value ?? made.value };
  const base = isNew ? server : made;
  const rest = typedSince(patch, request.typed);
  const effects = close(server, { base, rest, ...(isNew && { id }) });
  return { conflict: undefined, effects: [...effects, { kind: 'announce', message: 'applied' }] };
}

/** A deletion is later than every version that was seen. */
function goneAfter(
  { theirs }: Conflict,
  answer?: Extract<Answer, { readonly kind: 'deleted-conflict' }>,
): number {
  return Math.max(theirs.version, answer?.deleted?.version ?? 0);
}

function problemOf(answer: Answer): ConflictProblem {
  switch (answer.kind) {
    case 'state-conflict':
    case 'invalid':
      return answer;
    case 'forbidden':
    case 'mutation-id-reused':
      return { kind: answer.kind };
    default:
      return { kind: 'unexpected' };
  }
}
