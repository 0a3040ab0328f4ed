/** What an answer of a NAS means for the session it was asked about, and what truth keeps of it. Pure. */
import type { NasProfile, NasSettlement } from '@holdfast/truth-db';
import { refusedRetryMs, stopExpectedMs, unansweredRetryMs } from './ask-again.ts';
import type { NasAnswer } from './converse.ts';
import type { NasAction } from './nas-actions.ts';
import { isExact } from './nas-identity.ts';
import { saysGone } from './nas-profile.ts';
import type { NasOutcome } from './nas-report.ts';

/**
 * A NAK may say that there is no such session. For one that truth holds it is believed only where the session was named
 * exactly: else a wrong idea of it would end a session that goes on, and with it all that restricts it.
 */
export function outcomeOf(action: NasAction, answer: NasAnswer, profile: NasProfile | null): NasOutcome {
  if (answer.kind !== 'nak') return answer;
  const { errorCause } = answer;
  const saysSo = action.kind === 'disconnect' ? saysGone(profile, errorCause) : errorCause === 503;
  return saysSo && (!action.isHeld || isExact(action.session)) ? { kind: 'gone' } : answer;
}

/**
 * What is stored of an outcome; undefined for nothing. A Disconnect-ACK does not end the session in truth: as long as its
 * Stop has not come, what restricts it stays.
 *
 * @param at - milliseconds since the Unix epoch
 */
export function settlementOf(action: NasAction, outcome: NasOutcome, at: number): NasSettlement | undefined {
  const { session, mark, isHeld } = action;
  switch (outcome.kind) {
    case 'ack':
      if (!isHeld) return { kind: 'told', session, as: 'acked' };
      if (action.kind === 'coa') return { kind: 'applied', session, mark };
      return { kind: 'ending', session, retryAt: at + stopExpectedMs };
    case 'gone':
      return isHeld ? { kind: 'gone', session } : { kind: 'told', session, as: 'gone' };
    case 'nak': {
      const { errorCause } = outcome;
      return { kind: 'put-off', session, asked: mark, errorCause, retryAt: at + refusedRetryMs };
    }
    case 'refused':
    case 'silent':
      return { kind: 'put-off', session, asked: mark, errorCause: null, retryAt: at + unansweredRetryMs };
    case 'unfinished':
      return undefined;
    default:
      return outcome satisfies never;
  }
}
