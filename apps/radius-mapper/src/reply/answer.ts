/** What FreeRADIUS is answered: a status that `rlm_rest` turns into its own, and JSON that it turns into attributes. */
import type { HoldfastError } from '@holdfast/base';
import type { ReplyAttribute } from '../policy/reply-plan.ts';

export interface Answer {
  readonly status: number;
  /** JSON, or nothing. */
  readonly body: string;
}

export const noContent: Answer = { status: 204, body: '' };

/**
 * Says yes. The word that FreeRADIUS looks for names its request, so an answer to another one is none.
 *
 * @param word - `known` or `lock-ok`
 * @param req - vector of the request, as it came
 */
export function positive(
  word: 'known' | 'lock-ok',
  req: string,
  attributes: readonly ReplyAttribute[],
  list: 'control' | 'reply',
): Answer {
  let body = `{${attributeText('control:Tmp-String-0', `${word} ${req}`)}`;
  for (const { name, value } of attributes) body += `,${attributeText(`${list}:${name}`, value)}`;
  return { status: 200, body: `${body}}` };
}

/** Says no, in a form whose body is read: in `authorize` a 401 is a reject with attributes. */
export function refused(replyMessage: string): Answer {
  const attributes = [
    attributeText('control:Tmp-String-0', 'refused'),
    attributeText('reply:Reply-Message', replyMessage),
  ];
  return { status: 401, body: `{${attributes.join()}}` };
}

/** Says that nothing can be said. The code is for whoever reads a trace; FreeRADIUS takes each for a failure. */
export function failed(error: HoldfastError, status: 400 | 404 | 405 | 413 | 503): Answer {
  return { status, body: JSON.stringify({ code: error.code }) };
}

/** Without `do_xlat` FreeRADIUS would expand what looks like a variable of its own. */
function attributeText(name: string, value: string | number): string {
  return `"${name}":{"do_xlat":false,"value":[${JSON.stringify(value)}]}`;
}
