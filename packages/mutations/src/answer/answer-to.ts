/**
 * From an outcome to an HTTP answer, pure: status, headers and body. Who adds `instance` and `traceId`, and sends it, is the
 * server. Nothing of it may be kept by a cache on the way.
 */
import type { JsonObject } from '../request/json.ts';
import type { MutationOutcome } from './outcome.ts';
import { type ProblemCode, problemTable } from './problem-table.ts';

export interface Answer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

type Success = Extract<MutationOutcome, { kind: 'applied' | 'replayed' | 'unchanged' }>;

export function answerTo(outcome: MutationOutcome): Answer {
  switch (outcome.kind) {
    case 'applied':
    case 'unchanged':
      return success(outcome);
    case 'replayed':
      return success(outcome, {
        'idempotency-replayed': outcome.from === 'stored' ? 'true' : 'current',
      });
    case 'version-conflict': {
      const code = outcome.precondition === 'if-match' ? 'if-match-conflict' : 'version-conflict';
      return problem(code, asJson(outcome.conflict));
    }
    case 'deleted':
      return problem('deleted-conflict', asJson(outcome.deletion));
    case 'state-conflict':
      return problem('state-conflict', { reason: outcome.code });
    case 'invalid':
      return problem('invalid', { issues: outcome.issues.map(asJson) });
    case 'version-missing':
      return problem('precondition-required');
    case 'busy':
      return problem('busy', {}, outcome.retryAfterMs);
    case 'mutation-id-missing':
    case 'mutation-id-reused':
    case 'forbidden':
    case 'not-found':
      return problem(outcome.kind);
    default:
      return outcome satisfies never;
  }
}

/** @param retryAfterMs - rounded up to whole seconds, which is what the header takes */
export function problem(code: ProblemCode, members: JsonObject = {}, retryAfterMs?: number): Answer {
  const { type, title, status } = problemTable[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterMs !== undefined && {
        'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
      }),
    },
    body: { type, title, status, code: type.split(/[:#]/).at(-1)?.replaceAll('-', '_') ?? '', ...members },
  };
}

function success(outcome: Success, headers: Readonly<Record<string, string>> = {}): Answer {
  const { status, etag, resource, value } = outcome;
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', etag, ...headers },
    body: {
      id: resource.id,
      version: resource.version,
      ...(value !== undefined && { value }),
      ...(outcome.kind === 'applied' && outcome.once !== undefined && { once: outcome.once }),
    },
  };
}

/** These are JSON; the compiler does not take an interface for one. */
function asJson(value: object): JsonObject {
  return value as JsonObject;
}
