/**
 * What to do on each answer to a mutation, as a table. `docs/optimistic_client.md` shows it.
 *
 * The rule behind it: one intent has one `clientMutationId`, however often it is sent; what comes of a merge is another intent.
 */
import type { AnswerKind } from '../answer/answer.ts';

export interface Decision {
  /**
   * The pending patch: `settle`, the server has it; `keep`, it stays on top of the server's value; `roll-back`, it was refused and
   * only the form and the draft keep it.
   */
  readonly patch: 'settle' | 'keep' | 'roll-back';
  /** The draft on disk. */
  readonly draft: 'delete' | 'keep' | 'keep-as-conflict';
  /** The id of the next request with this patch. */
  readonly id: 'none' | 'same' | 'new';
  /**
   * `continue`: with the next patch of the record. `merge`: open the conflict; nothing of the record is sent until it is resolved. `retry`:
   * send again by itself, after a while. `sign-in`: the same request once more, when the user is back. `correct`: the user has to
   * change something, or cannot go on; nothing is sent by itself.
   */
  readonly next: 'continue' | 'merge' | 'retry' | 'sign-in' | 'correct';
}

const settled: Decision = { patch: 'settle', draft: 'delete', id: 'none', next: 'continue' };
const merge: Decision = { patch: 'keep', draft: 'keep-as-conflict', id: 'new', next: 'merge' };
const retry: Decision = { patch: 'keep', draft: 'keep', id: 'same', next: 'retry' };
const refused: Decision = { patch: 'roll-back', draft: 'keep', id: 'new', next: 'correct' };

export const decisionTable = {
  applied: settled,
  unchanged: settled,
  replayed: settled,
  'version-conflict': merge,
  'deleted-conflict': merge,
  // Deleted before anybody could tell, or not ours to see any more: what was typed is kept in the same way.
  'not-found': merge,
  'state-conflict': refused,
  invalid: refused,
  forbidden: refused,
  'mutation-id-reused': refused,
  'mutation-id-missing': refused,
  'precondition-required': refused,
  'mutation-in-flight': retry,
  busy: retry,
  'quota-exceeded': retry,
  'network-failure': retry,
  // It may have been committed before the server failed, so the id stays; but nobody knows that a repetition helps.
  unexpected: { patch: 'keep', draft: 'keep', id: 'same', next: 'correct' },
  'signed-out': { patch: 'keep', draft: 'keep', id: 'same', next: 'sign-in' },
} as const satisfies { readonly [kind in AnswerKind]: Decision };
