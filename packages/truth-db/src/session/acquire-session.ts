/** Taking one session: the batch of one, with as many statements as if there were no batches. */
import type { TruthTransaction } from '../truth.ts';
import { acquireSessions } from './acquire-sessions.ts';
import type { SessionAnswer, SessionRequest } from './session-answer.ts';

/**
 * Takes the session of a connection, or says why not. Nothing was changed when the answer is `busy` or `refused`.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function acquireSession(trx: TruthTransaction, request: SessionRequest): Promise<SessionAnswer> {
  const [answer] = await acquireSessions(trx, [request]);
  if (answer === undefined) throw new Error('a request was not answered');
  return answer;
}
