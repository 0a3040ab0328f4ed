/**
 * An answer as it came, in the shape that `readAnswer` of `@holdfast/optimistic-client` takes. That nothing came back is an answer
 * too, with status 0 as `Response.error()` has it: the request may have been carried out.
 */
import { asObject } from '../json.ts';

export interface HttpAnswer {
  /** 0 when nothing came back. */
  readonly status: number;
  /** Names in small letters. */
  readonly headers: { readonly [name: string]: string };
  /** The document of the body; undefined when it is none. */
  readonly body: unknown;
}

export const unreachable: HttpAnswer = { status: 0, headers: {}, body: undefined };

/** What a request is answered with, without being sent, while nobody is logged in. */
export const signedOut: HttpAnswer = {
  status: 401,
  headers: {},
  body: {
    type: 'urn:panel:problem:signed-out',
    title: 'Nobody is logged in',
    status: 401,
    code: 'signed_out',
  },
};

export function isUnreachable(answer: HttpAnswer): boolean {
  return answer.status === 0;
}

/** The last part of the problem's type; undefined for an answer that is no problem. */
export function problemNameOf(answer: HttpAnswer): string | undefined {
  const type = asObject(answer.body)?.type;
  return answer.status >= 400 && typeof type === 'string' ? type.split(/[:#]/).at(-1) : undefined;
}

/** Of whole seconds only: a date would need a clock that agrees with the server's. */
export function retryAfterMsOf({ headers }: HttpAnswer): number | undefined {
  const seconds = headers['retry-after'];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}

/** Whether the same request, sent again, may be answered otherwise: those that `docs/mutations.md` marks `same-id`, and their like. */
export function isWorthRepeating(answer: HttpAnswer): boolean {
  switch (problemNameOf(answer)) {
    case 'busy':
    case 'mutation-in-flight':
    case 'quota-exceeded':
    case 'unavailable':
      return true;
    case undefined:
      return [0, 429, 502, 503, 504].includes(answer.status);
    default:
      return false;
  }
}
