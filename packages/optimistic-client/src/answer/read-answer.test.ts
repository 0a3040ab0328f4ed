/** Answers are read by their type, and never trusted. */
import { describe, expect, it } from 'vitest';
import { readAnswer } from './read-answer.ts';

const urn = (name: string) => `urn:panel:problem:${name}`;
const current = { version: 43, value: { title: 'Milk' } };
const read = (status: number, body: unknown, headers = {}) => readAnswer({ status, headers, body });

describe('readAnswer', () => {
  it.each([
    ['version-conflict', 409, { current }],
    ['version-conflict', 412, { current }],
    ['deleted-conflict', 409, {}],
    ['state-conflict', 409, { reason: 'EMAIL_TAKEN' }],
    ['mutation-in-flight', 409, {}],
    ['mutation-id-reused', 422, {}],
    ['mutation-id-missing', 400, {}],
    ['precondition-required', 428, {}],
    ['invalid', 400, { issues: [] }],
    ['forbidden', 403, {}],
    ['not-found', 404, {}],
    ['busy', 503, {}],
  ])('%s with %i', (kind, status, body) => {
    expect(read(status, { type: urn(kind), ...body }).kind).toBe(kind);
  });

  it.each([
    [0, 'network-failure'],
    [401, 'signed-out'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'unexpected'],
    [429, 'quota-exceeded'],
    [500, 'unexpected'],
    [502, 'busy'],
  ])('%i without a type is %s', (status, kind) => {
    expect(read(status, '<html>').kind).toBe(kind);
  });

  it('tells a replay, and of what', () => {
    const body = { id: '17', version: 43, value: {} };
    expect(read(200, body)).toMatchObject({ kind: 'applied', version: 43 });
    expect(read(200, body, { 'idempotency-replayed': 'true' })).toMatchObject({
      kind: 'replayed',
      from: 'stored',
    });
    expect(read(200, body, { 'idempotency-replayed': 'current' })).toMatchObject({ from: 'current' });
  });

  it('reads when to come again', () => {
    const type = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
    expect(read(429, { type }, { 'retry-after': '30' })).toEqual({
      kind: 'quota-exceeded',
      retryAfterMs: 30_000,
    });
    expect(read(503, {}, { 'retry-after': 'Wed, 21 Oct' })).toEqual({
      kind: 'busy',
      retryAfterMs: undefined,
    });
  });

  it.each([
    undefined,
    null,
    [],
    'text',
    { version: '43', id: '17' },
    { version: 1.5, id: '17' },
    { id: '17' },
  ])('takes no success from %j', (body) => {
    expect(read(200, body)).toEqual({ kind: 'unexpected' });
  });

  it('opens no merge without the current value, and leaves out what cannot be read', () => {
    expect(read(409, { type: urn('version-conflict'), current: { version: 43 } }).kind).toBe('unexpected');
    expect(read(409, { type: urn('version-conflict'), current, changed: [1, { path: '/a' }] })).toMatchObject(
      {
        resource: undefined,
        changed: [{ path: '/a' }],
        base: undefined,
      },
    );
    expect(read(400, { type: urn('invalid'), issues: [{ path: '/a', code: 'x' }, 3] })).toEqual({
      kind: 'invalid',
      issues: [{ path: '/a', code: 'x' }],
    });
  });
});
