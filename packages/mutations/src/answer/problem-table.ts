/**
 * Every refusal that a mutation can be answered with: status, type, and what the client does next. The one place where a
 * problem is named; `docs/mutations.md` shows it and is checked against it. A client decides by `type`, never by the status:
 * three different problems are a 409.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */

/** `fix`: not as it is. `new-id`: after a merge, as a new mutation. `same-id`: the same request once more, later. */
export type Retry = 'fix' | 'new-id' | 'same-id';

export interface Problem {
  readonly status: number;
  /** URI of the type. */
  readonly type: string;
  readonly title: string;
  readonly retry: Retry;
}

const urn = (name: string) => `urn:panel:problem:${name}`;

export const problemTable = {
  'precondition-required': {
    status: 428,
    type: urn('precondition-required'),
    title: 'The version that the change is based on is missing',
    retry: 'fix',
  },
  'mutation-id-missing': {
    status: 400,
    type: urn('mutation-id-missing'),
    title: 'clientMutationId is missing or is no UUID of version 4 or 7',
    retry: 'fix',
  },
  invalid: { status: 400, type: urn('invalid'), title: 'A value is not allowed', retry: 'fix' },
  'version-conflict': {
    status: 409,
    type: urn('version-conflict'),
    title: 'Version conflict',
    retry: 'new-id',
  },
  'if-match-conflict': {
    status: 412,
    type: urn('version-conflict'),
    title: 'Version conflict',
    retry: 'new-id',
  },
  'deleted-conflict': {
    status: 409,
    type: urn('deleted-conflict'),
    title: 'It was deleted meanwhile',
    retry: 'new-id',
  },
  'state-conflict': {
    status: 409,
    type: urn('state-conflict'),
    title: 'Its state does not allow this',
    retry: 'fix',
  },
  'mutation-in-flight': {
    status: 409,
    type: urn('mutation-in-flight'),
    title: 'The operation of this clientMutationId has not ended',
    retry: 'same-id',
  },
  'mutation-id-reused': {
    status: 422,
    type: urn('mutation-id-reused'),
    title: 'This clientMutationId was used for another change',
    retry: 'new-id',
  },
  forbidden: { status: 403, type: urn('forbidden'), title: 'Not permitted', retry: 'fix' },
  'not-found': { status: 404, type: urn('not-found'), title: 'There is no such resource', retry: 'fix' },
  'quota-exceeded': {
    status: 429,
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Too many requests',
    retry: 'same-id',
  },
  busy: { status: 503, type: urn('busy'), title: 'Busy, try again', retry: 'same-id' },
} as const satisfies Record<string, Problem>;

/** The name of a problem, stable across releases. */
export type ProblemCode = keyof typeof problemTable;
