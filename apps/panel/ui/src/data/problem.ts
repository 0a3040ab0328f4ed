/** Errors of requests as the pages see them. A component may throw anything else; that is a defect and has no text of its own. */
import { PanelError } from '@holdfast/panel-client';
import type { PlainTextKey } from '../i18n/text.ts';

/** Codes that have a text, `problem.CODE`; all others are told as what nobody expected. */
const told = [
  'unreachable',
  'unavailable',
  'signed-out',
  'session-ended',
  'refresh-superseded',
  'login-failed',
  'captcha-required',
  'captcha-invalid',
  'csrf',
  'forbidden',
  'not-found',
  'invalid',
  'version-conflict',
  'deleted-conflict',
  'state-conflict',
  'quota-exceeded',
  'busy',
  'too-large',
  'internal',
] as const satisfies readonly (PlainTextKey extends infer Key
  ? Key extends `problem.${infer Code}`
    ? Code
    : never
  : never)[];

type ToldCode = (typeof told)[number];

/** @param code - of a `PanelError`, or the kind of an answer to a mutation */
export function problemKey(code: string): PlainTextKey {
  return isTold(code) ? `problem.${code}` : 'problem.unexpected';
}

export function problemOf(error: unknown): PanelError | undefined {
  return error instanceof PanelError ? error : undefined;
}

/** What may be better in a moment. What was refused stays refused. */
export function isWorthAnotherTry(error: unknown): boolean {
  const problem = problemOf(error);
  return problem !== undefined && (problem.code === 'unreachable' || problem.status === 503);
}

function isTold(code: string): code is ToldCode {
  return (told as readonly string[]).includes(code);
}
