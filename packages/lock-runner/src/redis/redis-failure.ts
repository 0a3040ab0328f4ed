/**
 * What went wrong with the lock server. It may have been away, which is waited for, or have refused, which is not. Texts
 * carry the first word of a refusal only: what follows it is not ours to judge.
 */
import { HoldfastError } from '@holdfast/base';

/** Replies of a server that is about to be able again. */
const passing = ['LOADING', 'BUSY', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN'];

/** The first word of an error reply, such as `READONLY`; undefined when the server said nothing. */
export function replyCodeOf(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  if (text.includes('unauthenticated')) return 'NOAUTH'; // what a server says to longer commands
  const code = /^-?([A-Z]{2,})\b/.exec(text)?.[1];
  // Before Redis 7 what happens inside a script is an ERR that quotes it.
  return code === 'ERR' ? (/: -?([A-Z]{3,}) /.exec(text)?.[1] ?? code) : code;
}

/** Whether it makes sense to ask again later. */
export function isServerAway(error: unknown): boolean {
  const code = replyCodeOf(error);
  return code === undefined || passing.includes(code);
}

export function serverFailure(scope: string, cause: unknown): HoldfastError {
  const reply = replyCodeOf(cause);
  const what = reply === undefined ? 'does not answer' : `refused with ${reply}`;
  return new HoldfastError('LOCK_SERVER', `the lock server ${what} when asked for ${scope}`, {
    cause,
    details: { scope, ...(reply === undefined ? {} : { reply }) },
  });
}
