/**
 * Why a request has no answer to give. `code` is the last part of the problem's type (`login-failed`, `not-found`,
 * `quota-exceeded`), which is what to decide by; `unreachable` when nothing came back, `unexpected` for an answer that is no
 * problem of the panel's, such as that of a proxy.
 */
import { asObject } from './json.ts';
import { type HttpAnswer, isUnreachable, problemNameOf, retryAfterMsOf } from './request/http-answer.ts';
import type { PanelProblem } from './schema.ts';

export class PanelError extends Error {
  override readonly name = 'PanelError';
  readonly code: string;
  /** 0 when nothing came back. */
  readonly status: number;
  /** As the server told it; undefined when it told none. */
  readonly problem: PanelProblem | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(answer: HttpAnswer) {
    const name = problemNameOf(answer);
    const code = isUnreachable(answer) ? 'unreachable' : (name ?? 'unexpected');
    super(
      isUnreachable(answer) ? 'the panel did not answer' : `the panel answered ${answer.status} (${code})`,
    );
    this.code = code;
    this.status = answer.status;
    this.problem = name === undefined ? undefined : (asObject(answer.body) as PanelProblem | undefined);
    this.retryAfterMs = retryAfterMsOf(answer);
  }
}
