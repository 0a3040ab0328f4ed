/** What the NASes of a gateway were asked in a run, in figures and in words. Keys are stable. */

import type { NasAnswer } from './converse.ts';
import type { DeferredNasAction, NasAction } from './nas-actions.ts';

/** A session that its NAS does not have as truth wants it. */
export interface NasDrift {
  readonly layer: 'radius';
  /** Such as `session of connection 17 at 192.0.2.1`. */
  readonly object: string;
  readonly expected: string;
  readonly actual: string;
}

export interface NasReport {
  /** Requests that were sent, however often each, and waited for. */
  readonly sent: number;
  readonly acked: number;
  /** Sessions that the NAS does not know: they have ended. */
  readonly gone: number;
  /** Refused by the NAS. */
  readonly nak: number;
  /** Answered only by somebody who does not know the secret. */
  readonly refused: number;
  readonly silent: number;
  /** Not asked, or not waited for: the time was over, or their NAS answers nobody. The next run asks. */
  readonly unfinished: number;
  /** Not asked, because their NAS was silent or refused a short while ago. */
  readonly deferred: number;
  /** Datagrams, those that were sent again included. */
  readonly packets: number;
  /** What is not as it should be after this run: the first entries; `driftTotal` counts all. */
  readonly drift: readonly NasDrift[];
  readonly driftTotal: number;
  readonly warnings: readonly string[];
  readonly tookMs: number;
}

/** As in the report of a run. */
const mostDrift = 100;

export interface NasRun {
  readonly answered: readonly { readonly action: NasAction; readonly outcome: NasOutcome }[];
  readonly deferred: readonly DeferredNasAction[];
  readonly warnings: readonly string[];
  readonly packets: number;
  readonly tookMs: number;
}

/** An answer as it was judged: a NAK can say that the session is gone, which is what was wanted. */
export type NasOutcome = NasAnswer | { readonly kind: 'gone' };

export function nasReportOf(run: NasRun): NasReport {
  const { answered, deferred, warnings, packets, tookMs } = run;
  const count = (kind: NasOutcome['kind']) => answered.filter(({ outcome }) => outcome.kind === kind).length;
  const drift = [
    ...answered.flatMap(({ action, outcome }) => driftOf(action, wordsOf(outcome))),
    ...deferred.flatMap((one) => driftOf(one.action, deferralWords(one))),
  ];
  return {
    sent: answered.length - count('unfinished'),
    acked: count('ack'),
    gone: count('gone'),
    nak: count('nak'),
    refused: count('refused'),
    silent: count('silent'),
    unfinished: count('unfinished'),
    deferred: deferred.length,
    packets,
    drift: drift.slice(0, mostDrift),
    driftTotal: drift.length,
    warnings,
    tookMs: Math.round(tookMs),
  };
}

/** The difference between truth and a NAS as a look finds it, before anybody is asked. */
export function pendingDrift(
  due: readonly NasAction[],
  deferred: readonly DeferredNasAction[],
): readonly NasDrift[] {
  return [
    ...due.flatMap((action) => driftOf(action, 'not told yet')),
    ...deferred.flatMap((one) => driftOf(one.action, deferralWords(one))),
  ];
}

/** @param actual - undefined when it is as wanted */
function driftOf(action: NasAction, actual: string | undefined): readonly NasDrift[] {
  if (actual === undefined) return [];
  const { vpnConnectionId, nasIp } = action.session;
  const which = action.isHeld ? 'session' : 'ended session';
  const object = `${which} of connection ${vpnConnectionId} at ${nasIp}`;
  return [{ layer: 'radius', object, expected: wantedOf(action), actual }];
}

/** Identity and time are no part of what the session is to have. */
const identifying = ['User-Name', 'Acct-Session-Id', 'Framed-IP-Address'];

function wantedOf({ kind, attributes }: NasAction): string {
  if (kind === 'disconnect') return 'disconnected';
  return attributes
    .filter(({ name }) => !identifying.includes(name))
    .map(({ name, value }) => `${name}=${value}`)
    .join(', ');
}

function wordsOf(outcome: NasOutcome): string | undefined {
  switch (outcome.kind) {
    case 'ack':
    case 'gone':
      return undefined;
    case 'nak':
      return refusedWith(outcome.errorCause);
    case 'refused':
      return 'answered with a wrong signature';
    case 'silent':
      return 'no answer';
    case 'unfinished':
      return 'not told yet';
    default:
      return outcome satisfies never;
  }
}

function deferralWords({ because, errorCause, retryAt }: DeferredNasAction): string {
  const what = because === 'silent' ? 'no answer' : refusedWith(errorCause);
  return `${what}, asked again after ${new Date(retryAt).toISOString()}`;
}

function refusedWith(errorCause: number | null): string {
  return errorCause === null ? 'refused or not answered' : `refused with Error-Cause ${errorCause}`;
}
