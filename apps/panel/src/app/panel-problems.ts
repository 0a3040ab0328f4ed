/**
 * Every refusal of the panel: those of mutations, and those that only a server has. `docs/panel_api.md` shows the table and is
 * checked against it. A client decides by `type`, never by the status.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
import { type Problem, problemTable } from '@holdfast/mutations';

const urn = (name: string) => `urn:panel:problem:${name}`;

export const panelProblems = {
  ...problemTable,
  'signed-out': {
    status: 401,
    type: urn('signed-out'),
    title: 'Nobody is logged in, or not any more',
    retry: 'fix',
  },
  'session-ended': { status: 401, type: urn('session-ended'), title: 'The login has ended', retry: 'fix' },
  'refresh-superseded': {
    status: 401,
    type: urn('refresh-superseded'),
    title: 'Another request has refreshed this login',
    retry: 'same-id',
  },
  'login-failed': {
    status: 401,
    type: urn('login-failed'),
    title: 'E-mail address or password is wrong',
    retry: 'fix',
  },
  'captcha-required': {
    status: 401,
    type: urn('captcha-required'),
    title: 'A CAPTCHA is asked',
    retry: 'fix',
  },
  'captcha-invalid': {
    status: 401,
    type: urn('captcha-invalid'),
    title: 'The CAPTCHA was not solved, or was used before',
    retry: 'fix',
  },
  csrf: { status: 403, type: urn('csrf'), title: 'The header X-Holdfast-Csrf is missing', retry: 'fix' },
  'method-not-allowed': {
    status: 405,
    type: urn('method-not-allowed'),
    title: 'This path has no such method',
    retry: 'fix',
  },
  'too-large': { status: 413, type: urn('too-large'), title: 'The body is too large', retry: 'fix' },
  'media-type': { status: 415, type: urn('media-type'), title: 'The body is not JSON', retry: 'fix' },
  internal: { status: 500, type: urn('internal'), title: 'Something went wrong inside', retry: 'same-id' },
  unavailable: {
    status: 503,
    type: urn('unavailable'),
    title: 'Something that the panel needs is away',
    retry: 'same-id',
  },
} as const satisfies Record<string, Problem>;

/** The name of a problem, stable across releases. */
export type PanelProblemCode = keyof typeof panelProblems;
