/** Where the id and the version of a mutation may stand. */
import { describe, expect, it } from 'vitest';
import { mutationIntent } from './mutation-intent.ts';

const id = '0190163d-8694-7a3f-9b1e-1f3c5d7e9a0b';
const other = '0190163d-8694-7a3f-9b1e-1f3c5d7e9a0c';
const resource = { kind: 'task', id: '17' };
const none = { idempotencyKey: undefined, ifMatch: undefined };

describe('the id of a mutation', () => {
  it.each([
    ['in the body', { clientMutationId: id }, undefined, id],
    ['in the header, with quotes', {}, `"${id}"`, id],
    ['in the header, bare', {}, ` ${id} `, id],
    ['in both', { clientMutationId: id }, `"${id}"`, id],
    ['nowhere', {}, undefined, undefined],
    ['of another kind, as it came', { clientMutationId: 7 }, undefined, 7],
  ])('%s is read', (_where, sent, idempotencyKey, clientMutationId) => {
    const intent = mutationIntent(sent, { ...none, idempotencyKey });
    expect(intent).toMatchObject({ kind: 'read', clientMutationId });
  });

  it('that is two different ones is refused', () => {
    const intent = mutationIntent({ clientMutationId: id }, { ...none, idempotencyKey: `"${other}"` });
    expect(intent).toEqual({
      kind: 'contradictory',
      issues: [{ path: '/clientMutationId', code: 'differs-from-header' }],
    });
  });
});

describe('the version of a mutation', () => {
  it.each([
    ['in the body', { version: 41 }, undefined, { version: 41, precondition: 'version' }],
    ['in If-Match', {}, '"task-17.v41"', { version: 41, precondition: 'if-match' }],
    ['in a weak If-Match', {}, 'W/"task-17.v41"', { version: 41, precondition: 'if-match' }],
    ['in one that was compressed', {}, '"task-17.v41-gzip"', { version: 41, precondition: 'if-match' }],
    ['in both', { version: 41 }, '"task-17.v41"', { version: 41, precondition: 'version' }],
    ['nowhere', {}, undefined, { version: undefined, precondition: 'version' }],
    ['of another kind, as it came', { version: '41' }, undefined, { version: '41' }],
  ] as const)('%s is read', (_where, sent, ifMatch, expected) => {
    expect(mutationIntent(sent, { ...none, ifMatch }, resource)).toMatchObject({ kind: 'read', ...expected });
  });

  it.each(['*', '"task-18.v41"', '"task-17.v41", "task-17.v42"', '"41"', 'task-17.v41', '"task-17.v0"', ''])(
    'in If-Match %s is none',
    (ifMatch) => {
      expect(mutationIntent({ version: 41 }, { ...none, ifMatch }, resource)).toEqual({
        kind: 'contradictory',
        issues: [{ path: '/If-Match', code: 'not-an-etag' }],
      });
    },
  );

  it('that is two different ones is refused', () => {
    expect(mutationIntent({ version: 40 }, { ...none, ifMatch: '"task-17.v41"' }, resource)).toEqual({
      kind: 'contradictory',
      issues: [{ path: '/version', code: 'differs-from-header' }],
    });
  });

  it('is not looked for where there is none', () => {
    expect(mutationIntent({}, { ...none, ifMatch: '*' })).toMatchObject({ kind: 'read' });
  });
});
