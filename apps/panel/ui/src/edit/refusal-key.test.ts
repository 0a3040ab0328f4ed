/** The words for a refusal. */
import { describe, expect, it } from 'vitest';
import { connectionRecord } from '../pages/connections/connection-record.ts';
import { refusalKey } from './refusal-key.ts';

const { words } = connectionRecord;

describe('a refusal', () => {
  it.each([
    [{ kind: 'state-conflict', reason: 'CONNECTION_CLAIMED' }, 'connection.why.CONNECTION_CLAIMED'],
    [{ kind: 'state-conflict', reason: 'toString' }, 'problem.state-conflict'],
    [
      { kind: 'invalid', issues: [{ path: '', code: 'DATE_OUT_OF_RANGE' }] },
      'connection.why.DATE_OUT_OF_RANGE',
    ],
    [{ kind: 'invalid', issues: [{ path: '/label', code: 'too-long' }] }, 'problem.invalid'],
    [{ kind: 'forbidden' }, 'problem.forbidden'],
    [{ kind: 'unexpected' }, 'problem.unexpected'],
  ] as const)('%j is told as %s', (answer, key) => {
    expect(refusalKey(answer, words)).toBe(key);
  });
});
