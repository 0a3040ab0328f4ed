/** The reset that the tests carry out in several processes: one file of each kind. */
import type { ResetRequest } from '@holdfast/reset-executor';

export const resetScope = 'reset-test';

export const resetRequest = {
  reason: { kind: 'corrupt', scope: resetScope },
  scope: resetScope,
  actions: [
    { kind: 'remove', path: 'removed', isDocument: false },
    { kind: 'replace', path: 'replaced', content: 'new' },
    { kind: 'replace', path: 'created', content: 'created' },
  ],
} as const satisfies ResetRequest;

export const oldState = { removed: 'old removed', replaced: 'old replaced' };
export const newState = { created: 'created', replaced: 'new' };
