/**
 * The one sentence at the end of an answer: why this client has, or has not, traffic at this rate. A table of the states that
 * an answer can have, the strongest reason first; it decides nothing that is not in the facts.
 */
import { type Standing, whyRefused } from '@holdfast/truth-db';
import type { ClientAnswer } from './client-answer.ts';
import type { Effect } from './session-part.ts';

export type SentenceFacts = Omit<ClientAnswer, 'because'>;

/** @param at - milliseconds since the Unix epoch */
export function clientSentence(facts: SentenceFacts, at: number): string {
  const { session } = facts;
  const who = nameOf(facts);
  if (session === null || session.standing === 'over' || session.standing === 'released') {
    return `${who} has no session, so it has no traffic: ${whyNoSession(facts)}${leftovers(facts)}.`;
  }
  if (session.gateway === null)
    return `${who} has a session that names no gateway, so no gateway applies it.`;
  if (isInvalid(facts)) return `${who} is as the last run left it: ${invalidity(facts)}.`;
  return `${who} ${effectSentence(facts, at)}.`;
}

function effectSentence(facts: SentenceFacts, at: number): string {
  const { desired, actual, agreement } = facts;
  const wanted = desired?.effect ?? null;
  if (wanted === null || hasNoPlace(facts))
    return 'has a session without an address, so there is nothing to allow or to limit yet';
  const why = whyWanted(facts, wanted);
  if (actual === null || actual.kind === 'unread') {
    return `should have ${trafficOf(wanted)} because ${why}; what is live is not known here: ${actual?.because ?? 'it has no gateway'}`;
  }
  const has = `has ${trafficOf(actual.effect)}`;
  const isAsWanted = trafficOf(actual.effect) === trafficOf(wanted);
  if (agreement === 'agrees' && !isAsWanted) {
    return `should have ${trafficOf(wanted)} because ${why}, but its device ${facts.session?.ifname} is not there`;
  }
  if (agreement === 'agrees') return `${has} because ${why}, and what is live is what truth says`;
  if (isAsWanted) {
    return `${has} because ${why}, but not everything is as truth says: ${whyDifferent(facts, at)}`;
  }
  return `${has}, although truth wants ${trafficOf(wanted)} because ${why}: ${whyDifferent(facts, at)}`;
}

/** Per interface a device is enough to be limited by. */
function hasNoPlace({ addresses, desired, session, gateway }: SentenceFacts): boolean {
  if (addresses.length > 0 || (desired?.objects.length ?? 0) > 0) return false;
  return gateway?.layout !== 'per-interface' || session?.ifname === null;
}

/** `connection 7 (ana) at 10.0.0.7` */
function nameOf({ connection, addresses }: SentenceFacts): string {
  const user = connection.userName === null ? '' : ` (${connection.userName})`;
  const place = addresses.length === 0 ? '' : ` at ${addresses.join(' and ')}`;
  return `Connection ${connection.id}${user}${place}`;
}

function trafficOf({ forwards, down, up }: Effect): string {
  if (forwards === 'none') return 'no traffic';
  const which = forwards === 'some' ? 'traffic on one of its addresses only' : 'traffic';
  if (down === null && up === null) return `${which} without a limit`;
  return `${which} at ${down ?? 'no limit'} down and ${up ?? 'no limit'} up`;
}

function whyWanted({ connection, customer }: SentenceFacts, { forwards, down, up }: Effect): string {
  const limits = down === null && up === null ? 'truth sets no limit' : 'these are its limits in truth';
  if (forwards === 'all') return `nothing restricts it and ${limits}`;
  return whyNot(connection.status, customer?.status ?? null) ?? restriction(connection.restrictedReason);
}

function restriction(reason: string | null): string {
  return reason === null ? 'truth has it as restricted, without a reason' : `it is restricted by ${reason}`;
}

function whyNot(status: Standing['status'], customerStatus: Standing['customerStatus']): string | undefined {
  const refused = whyRefused({ status, customerStatus, restrictedReason: null });
  if (refused === undefined) return undefined;
  return refused === 'disabled' ? 'it is DISABLED' : `its customer is ${refused}`;
}

function whyNoSession({ connection, customer, session, ended, triggers }: SentenceFacts): string {
  const refused = whyNot(connection.status, customer?.status ?? null);
  const last = ended[0];
  const how =
    session?.standing === 'over'
      ? `its time ended ${session.expiresAt} and nobody has extended it`
      : last === undefined
        ? 'nobody has connected with it'
        : `the last one ended ${last.releasedAt} (${last.reason})`;
  const waiting = triggers.some(({ isCovered }) => !isCovered) ? ', which is not applied yet' : '';
  return refused === undefined
    ? `${how}${waiting}`
    : `${how}${waiting}, and none is admitted because ${refused}`;
}

function leftovers({ actual }: SentenceFacts): string {
  if (actual?.kind !== 'read' || actual.objects.length === 0) return '';
  return `; what it had is still live (${actual.objects.map(({ object }) => object).join(', ')})`;
}

function isInvalid({ desired }: SentenceFacts): boolean {
  return desired !== null && desired.effect === null && desired.problems.length + desired.otherProblems > 0;
}

function invalidity({ desired, gateway }: SentenceFacts): string {
  const [first] = desired?.problems ?? [];
  const rows =
    first === undefined
      ? `${desired?.otherProblems} problem(s) of other rows`
      : `${first.column} ${JSON.stringify(first.value)} of its own row (${first.problem})`;
  return `no run of gateway ${gateway?.name} writes anything while truth is invalid, by ${rows}`;
}

/** A trigger that waits explains a difference; without one somebody else has made it, or a run has failed. */
function whyDifferent({ triggers, gateway, runs, nas, drift }: SentenceFacts, at: number): string {
  const failure = runs[0]?.error;
  const failed = failure == null ? '' : `; the last run failed with ${failure.code}`;
  const waiting = triggers.find((trigger) => trigger.gateway === gateway?.name && !trigger.isCovered);
  if (waiting !== undefined) {
    const age = Math.max(0, Math.round((at - Date.parse(waiting.at)) / 1_000));
    return `trigger ${waiting.id} (${waiting.reason}) of ${age} s ago is not covered yet${failed}`;
  }
  if ((gateway?.waiting ?? 0) > 0)
    return `${gateway?.waiting} trigger(s) of its gateway are not covered yet${failed}`;
  if (drift.every(({ layer }) => layer === 'radius'))
    return `its NAS ${nas?.nasIp ?? ''} has yet to be told${failed}`;
  const down = drift.find(({ actual }) => actual === 'left alone: down');
  if (down !== undefined) return `the ${down.object} of its gateway is down${failed}`;
  if (drift.some(({ actual }) => actual?.startsWith('left alone')))
    return `somebody else shapes its device, which is left alone${failed}`;
  return `no trigger waits, so somebody else has changed it since the last run; vpn-policy-reconcile repairs it${failed}`;
}
