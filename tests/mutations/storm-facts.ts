/** What the processes of a storm of mutations and their judge agree on. */
import type { Actor, MutationOutcome } from '@holdfast/mutations';
import {
  actor,
  edit,
  type TaskMutation,
  type TaskViewer,
} from '../../packages/mutations/src/testing/task-world.ts';

/** Edits of task 3 by each process. */
export const editsEach = 8;

export interface StormAnswer {
  readonly duplicates: readonly MutationOutcome[];
  readonly conflicts: readonly MutationOutcome[];
  /** That its edits of task 3 have made. */
  readonly versions: readonly number[];
}

export function userOf(place: string): Actor<TaskViewer> {
  return actor(`u${place}`, `User ${place}`);
}

/** The mutation that everybody sends, as one user with many tabs. */
export function duplicateOf(): TaskMutation {
  return edit({ title: 'Oat milk' }, { clientMutationId: '6f1e7c3e-8a3b-4c52-9d55-0d4c1f6f3a10' });
}
