import { describe, expect, it } from 'vitest';
import { answerTo, type Conflict, type MutationOutcome, problem, problemTable } from '../index.ts';

const resource = { kind: 'task', id: '17', version: 43 };
const success = { resource, etag: '"task-17.v43"', status: 200, value: { title: 'Milk' } };
const conflict: Conflict = {
  resource: { kind: 'task', id: '17' },
  sent: { version: 41 },
  current: { version: 43, etag: '"task-17.v43"', value: { title: 'Milk' } },
  changed: [{ path: '/title', version: 42, by: { id: 'u9', name: 'Ana' }, at: '2026-10-22T09:11:03.000Z' }],
  base: { version: 41, value: { title: 'Bread' } },
  conflictId: 'c1',
};

/** Outcome, status and the end of the type. */
const cases: readonly (readonly [MutationOutcome, number, string | undefined])[] = [
  [{ kind: 'applied', ...success, status: 201 }, 201, undefined],
  [{ kind: 'unchanged', ...success }, 200, undefined],
  [{ kind: 'replayed', from: 'stored', ...success, status: 201 }, 201, undefined],
  [{ kind: 'version-conflict', precondition: 'version', conflict }, 409, 'version-conflict'],
  [{ kind: 'version-conflict', precondition: 'if-match', conflict }, 412, 'version-conflict'],
  [
    { kind: 'deleted', deletion: { ...conflict, sent: { version: 41 }, conflictId: 'c1' } },
    409,
    'deleted-conflict',
  ],
  [{ kind: 'state-conflict', code: 'EMAIL_TAKEN' }, 409, 'state-conflict'],
  [{ kind: 'mutation-id-reused' }, 422, 'mutation-id-reused'],
  [{ kind: 'mutation-id-missing' }, 400, 'mutation-id-missing'],
  [{ kind: 'version-missing' }, 428, 'precondition-required'],
  [{ kind: 'invalid', issues: [{ path: '/title', code: 'empty' }] }, 400, 'invalid'],
  [{ kind: 'forbidden' }, 403, 'forbidden'],
  [{ kind: 'not-found' }, 404, 'not-found'],
  [{ kind: 'busy', retryAfterMs: 1_200 }, 503, 'busy'],
];

describe('the answer to an outcome', () => {
  it.each(cases)('each has its status and its type (%#)', (outcome, status, type) => {
    const { status: answered, headers, body } = answerTo(outcome);
    expect(answered).toBe(status);
    expect(headers['cache-control']).toBe('no-store');
    if (type === undefined) {
      expect(headers).toMatchObject({ 'content-type': 'application/json', etag: '"task-17.v43"' });
      expect(body).toMatchObject({ id: '17', version: 43, value: { title: 'Milk' } });
    } else {
      expect(headers['content-type']).toBe('application/problem+json');
      expect(body).toMatchObject({
        type: `urn:panel:problem:${type}`,
        status,
        code: type.replaceAll('-', '_'),
      });
    }
  });

  it('says that it is a replay, and of what', () => {
    const replayed = (from: 'stored' | 'current') =>
      answerTo({ kind: 'replayed', from, ...success }).headers['idempotency-replayed'];
    expect([replayed('stored'), replayed('current')]).toEqual(['true', 'current']);
    expect(answerTo({ kind: 'applied', ...success }).headers).not.toHaveProperty('idempotency-replayed');
  });

  it('has the same conflict in its body for both statuses', () => {
    const [one, other] = (['version', 'if-match'] as const).map((precondition) => {
      const { status: _status, ...body } = answerTo({
        kind: 'version-conflict',
        precondition,
        conflict,
      }).body;
      return body;
    });
    expect(one).toEqual(other);
    expect(one).toMatchObject(conflict as object);
  });

  it('says when to come again, in whole seconds', () => {
    expect(answerTo({ kind: 'busy', retryAfterMs: 1_200 }).headers['retry-after']).toBe('2');
    expect(problem('mutation-in-flight', {}, 1).headers['retry-after']).toBe('1');
    expect(problem('quota-exceeded', { 'violated-policies': ['login'] }, 30_000)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30' },
      body: { code: 'quota_exceeded', 'violated-policies': ['login'] },
    });
  });

  it('tells once what is told once', () => {
    const once = { token: 'open sesame' };
    expect(answerTo({ kind: 'applied', ...success, once }).body).toMatchObject({ once });
  });

  it('is never a status below 400 for a problem', () => {
    for (const { status } of Object.values(problemTable)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
