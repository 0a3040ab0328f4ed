/** What the server answers is what the client reads: each outcome of a mutation, through the answer that HTTP carries. */
import { answerTo, type Conflict, type MutationOutcome, problemTable } from '@holdfast/mutations';
import { type AnswerKind, decisionTable, readAnswer } from '@holdfast/optimistic-client';
import { describe, expect, it } from 'vitest';

const resource = { kind: 'task', id: '17' };
const success = {
  ...{ resource: { ...resource, version: 43 }, etag: '"task-17.v43"', status: 200, value: { title: 'Milk' } },
};
const written = { id: '17', version: 43, value: { title: 'Milk' } };
const by = { id: 'u9', name: 'Ana' };
const conflict: Conflict = {
  resource,
  sent: { version: 41 },
  current: { version: 43, etag: '"task-17.v43"', value: { title: 'Milk' } },
  changed: [{ path: '/title', version: 42, by, at: '2026-10-22T09:11:03.000Z' }],
  base: { version: 41, value: { title: 'Bread' } },
  conflictId: 'c1',
};
const deletion = {
  ...{ resource, sent: { version: 41 }, last: { title: 'Milk' }, conflictId: 'c2' },
  deleted: { version: 43, by, at: '2026-10-22T09:11:03.000Z' },
};

describe('an answer of the server', () => {
  it.each<[MutationOutcome, { readonly kind: AnswerKind; readonly [name: string]: unknown }]>([
    [
      { kind: 'applied', ...success },
      { kind: 'applied', ...written },
    ],
    [
      { kind: 'unchanged', ...success },
      { kind: 'applied', ...written },
    ],
    [
      { kind: 'replayed', from: 'stored', ...success },
      { kind: 'replayed', from: 'stored', ...written },
    ],
    [
      { kind: 'replayed', from: 'current', ...success },
      { kind: 'replayed', from: 'current', ...written },
    ],
    [
      { kind: 'version-conflict', precondition: 'version', conflict },
      { kind: 'version-conflict', resource, changed: conflict.changed, base: conflict.base },
    ],
    [
      { kind: 'version-conflict', precondition: 'if-match', conflict },
      { kind: 'version-conflict', current: { version: 43, value: { title: 'Milk' } } },
    ],
    [
      { kind: 'deleted', deletion },
      { kind: 'deleted-conflict', last: { title: 'Milk' }, deleted: deletion.deleted },
    ],
    [
      { kind: 'state-conflict', code: 'EMAIL_TAKEN' },
      { kind: 'state-conflict', reason: 'EMAIL_TAKEN' },
    ],
    [
      { kind: 'invalid', issues: [{ path: '/title', code: 'empty' }] },
      { kind: 'invalid', issues: [{ path: '/title', code: 'empty' }] },
    ],
    [
      { kind: 'busy', retryAfterMs: 1_200 },
      { kind: 'busy', retryAfterMs: 2_000 },
    ],
    [{ kind: 'mutation-id-reused' }, { kind: 'mutation-id-reused' }],
    [{ kind: 'mutation-id-missing' }, { kind: 'mutation-id-missing' }],
    [{ kind: 'version-missing' }, { kind: 'precondition-required' }],
    [{ kind: 'forbidden' }, { kind: 'forbidden' }],
    [{ kind: 'not-found' }, { kind: 'not-found' }],
  ])('$kind is read as it is meant', (outcome, answer) => {
    const { status, headers, body } = answerTo(outcome);
    const sent: unknown = JSON.parse(JSON.stringify(body));
    expect(readAnswer({ status, headers, body: sent })).toMatchObject(answer);
  });

  it('is sent again under the id that its problem asks for', () => {
    const idOf = { fix: 'new', 'new-id': 'new', 'same-id': 'same' } as const;
    for (const { status, type, retry } of Object.values(problemTable)) {
      const current = { version: 43, value: {} };
      const { kind } = readAnswer({ status, headers: {}, body: { type, current } });
      expect([type, decisionTable[kind].id]).toEqual([type, idOf[retry]]);
    }
  });
});
