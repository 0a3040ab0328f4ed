/**
 * From an HTTP answer to what it means. Problems are told apart by their `type`, never by the status: three of them are a 409,
 * and only one of those opens a merge.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */

import { asObject, type JsonObject } from '../record/json.ts';
import type { Answer, FieldChange, HttpAnswer } from './answer.ts';
import { isSafeVersion } from './version.ts';

/** Never throws: what cannot be read is `unexpected`. */
export function readAnswer(answer: HttpAnswer): Answer {
  const body = asObject(answer.body) ?? {};
  if (answer.status >= 200 && answer.status < 300) return readSuccess(answer, body);
  const type = typeof body.type === 'string' ? body.type.split(/[:#]/).at(-1) : undefined;
  return readProblem(type, body, retryAfterMs(answer)) ?? readStatus(answer);
}

function readSuccess({ headers }: HttpAnswer, body: JsonObject): Answer {
  const { id, version } = body;
  if (typeof id !== 'string' || !isSafeVersion(version)) return { kind: 'unexpected' };
  const written = { id, version, value: asObject(body.value) };
  const replayed = headers['idempotency-replayed'];
  if (replayed === undefined) return { kind: 'applied', ...written };
  return { kind: 'replayed', from: replayed === 'current' ? 'current' : 'stored', ...written };
}

function readProblem(
  type: string | undefined,
  body: JsonObject,
  retryAfter: number | undefined,
): Answer | undefined {
  switch (type) {
    case 'version-conflict':
      return readConflict(body);
    case 'deleted-conflict':
      return {
        kind: 'deleted-conflict',
        deleted: asObject(body.deleted) as Omit<FieldChange, 'path'> | undefined,
        last: asObject(body.last),
      };
    case 'state-conflict':
      return { kind: 'state-conflict', reason: String(body.reason ?? '') };
    case 'invalid':
      return { kind: 'invalid', issues: issuesOf(body.issues) };
    case 'mutation-in-flight':
    case 'busy':
    case 'quota-exceeded':
      return { kind: type, retryAfterMs: retryAfter };
    case 'mutation-id-reused':
    case 'mutation-id-missing':
    case 'precondition-required':
    case 'forbidden':
    case 'not-found':
      return { kind: type };
    default:
      return undefined;
  }
}

/** Of an answer without a type: from a proxy, or from before the request was looked at. A 409 alone says nothing. */
function readStatus(answer: HttpAnswer): Answer {
  switch (answer.status) {
    // There was no answer: a failed `fetch`, as its own `Response.error()` calls it.
    case 0:
      return { kind: 'network-failure' };
    case 401:
      return { kind: 'signed-out' };
    case 403:
      return { kind: 'forbidden' };
    case 404:
      return { kind: 'not-found' };
    case 429:
      return { kind: 'quota-exceeded', retryAfterMs: retryAfterMs(answer) };
    case 502:
    case 503:
    case 504:
      return { kind: 'busy', retryAfterMs: retryAfterMs(answer) };
    default:
      return { kind: 'unexpected' };
  }
}

function readConflict(body: JsonObject): Answer {
  const current = snapshotOf(body.current);
  if (current === undefined) return { kind: 'unexpected' };
  const { kind, id } = asObject(body.resource) ?? {};
  return {
    kind: 'version-conflict',
    resource: typeof kind === 'string' && typeof id === 'string' ? { kind, id } : undefined,
    current,
    changed: Array.isArray(body.changed) ? changesOf(body.changed) : null,
    base: snapshotOf(body.base),
  };
}

function snapshotOf(value: unknown) {
  const { version, value: record } = asObject(value) ?? {};
  const object = asObject(record);
  return isSafeVersion(version) && object !== undefined ? { version, value: object } : undefined;
}

function changesOf(changes: readonly unknown[]): readonly FieldChange[] {
  return changes.filter((change) => typeof asObject(change)?.path === 'string') as readonly FieldChange[];
}

function issuesOf(issues: unknown) {
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue: unknown) => {
    const { path, code } = asObject(issue) ?? {};
    return typeof path === 'string' && typeof code === 'string' ? [{ path, code }] : [];
  });
}

/** Whole seconds; a date would need a clock that agrees with the server's. */
function retryAfterMs({ headers }: HttpAnswer): number | undefined {
  const seconds = headers['retry-after'];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}
