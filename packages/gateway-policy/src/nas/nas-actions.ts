/**
 * What the NASes of a gateway have to be asked, decided from one snapshot of truth: pure, and the same for a run and for a
 * look. A session that has no right to be there, or that ended without its NAS, is to be disconnected; one whose
 * attributes differ from what its NAS acknowledged last gets the new ones.
 */
import { isIP } from 'node:net';
import {
  accessOf,
  disconnectedMark,
  type EndedNasSession,
  type NasAnswered,
  type NasProfile,
  type NasSession,
  type NasSnapshot,
  type NasSubject,
} from '@holdfast/truth-db';
import { longestRetryMs } from './ask-again.ts';
import { isExact, nasIdentityOf } from './nas-identity.ts';
import { nasMarkOf } from './nas-mark.ts';
import { findsBySession, type NasPolicy, nasAttributesOf } from './nas-profile.ts';
import type { NasAttribute } from './radius-attribute.ts';

export interface NasAction {
  readonly kind: 'disconnect' | 'coa';
  /** Whether truth still holds the session. */
  readonly isHeld: boolean;
  readonly session: NasSubject;
  /** What is sent beside the time: who is meant, and what the session gets. */
  readonly attributes: readonly NasAttribute[];
  /** What `nas_applied` will say. */
  readonly mark: string;
}

/** An action whose time has not come: its NAS did not answer, or refused, a short while ago. */
export interface DeferredNasAction {
  readonly action: NasAction;
  readonly because: 'silent' | 'refused';
  readonly errorCause: number | null;
  readonly retryAt: number;
}

export interface NasActions {
  readonly due: readonly NasAction[];
  readonly deferred: readonly DeferredNasAction[];
  /** Ended sessions of which the NAS cannot be told without ending the one that came after them. */
  readonly superseded: readonly EndedNasSession[];
  /** Who cannot be asked, and why. */
  readonly warnings: readonly string[];
}

/** By holder token. */
type Answers = ReadonlyMap<string, NasAnswered>;

/** @param at - milliseconds since the Unix epoch */
export function nasActions(snapshot: NasSnapshot, at: number): NasActions {
  const { gateway, sessions, ended } = snapshot;
  const { superseded = [], telling = [] } = Object.groupBy(ended, (session) =>
    isSuperseded(snapshot, session) ? 'superseded' : 'telling',
  );
  const answers = new Map(snapshot.answers.map((answer) => [answer.holderToken, answer]));
  const wishOf = wishes(snapshot, answers, at);
  const wanted = [
    ...sessions.flatMap((session) => wishOf(session) ?? []),
    // Without a secret nobody is asked anything; that is worth a word only for who is still connected.
    ...(gateway.secret === null ? [] : telling.map((session) => disconnect(session, false))),
  ];
  const objectionTo = objections(snapshot);
  const askable = wanted.filter((action) => objectionTo(action) === undefined);
  const deferral = deferrals(snapshot, answers, at);
  return {
    due: askable.filter((action) => deferral(action) === undefined),
    deferred: askable.flatMap((action) => deferral(action) ?? []),
    superseded,
    warnings: warningsOf(
      gateway.name,
      wanted.flatMap((action) => objectionTo(action) ?? []),
    ),
  };
}

function isSuperseded({ gateway }: NasSnapshot, session: EndedNasSession): boolean {
  if (!session.hasSuccessor) return false;
  if (!findsBySession(gateway.profile) || !isExact(session)) return true;
  return session.acctSessionId === session.successorId;
}

/** What is wanted of the NAS for a session that is held; undefined when it has that already. */
function wishes(
  { gateway }: NasSnapshot,
  answers: Answers,
  at: number,
): (session: NasSession) => NasAction | undefined {
  const told = toldBy(gateway.profile);
  const withoutWord = told(untold).mark;
  return (session) => {
    const { status, customerStatus, nasApplied } = session;
    const access = accessOf({ status, customerStatus, restrictedReason: null });
    if (access === 'refused') return isAwaited(session, answers, at) ? undefined : disconnect(session, true);
    const { attributes, mark } = told(session);
    if (attributes.length === 0 || mark === (nasApplied ?? withoutWord)) return undefined;
    const identity = nasIdentityOf(session) ?? [];
    return { kind: 'coa', isHeld: true, session, attributes: [...identity, ...attributes], mark };
  };
}

/** What a NAS that was told nothing does by itself. */
const untold: NasPolicy = { isRestricted: false, downKbit: null, upKbit: null };

/** Attributes and mark of a policy, made once for all sessions that have the same one. */
function toldBy(profile: NasProfile | null) {
  const known = new Map<string, { readonly attributes: readonly NasAttribute[]; readonly mark: string }>();
  return (policy: NasPolicy) => {
    const key = `${policy.isRestricted} ${policy.downKbit} ${policy.upKbit}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const attributes = nasAttributesOf(profile, policy);
    const made = { attributes, mark: nasMarkOf(attributes) };
    known.set(key, made);
    return made;
  };
}

/** Whether the NAS has acknowledged the end and its Stop may still be on the way. */
function isAwaited({ nasApplied, holderToken }: NasSession, answers: Answers, at: number): boolean {
  if (nasApplied !== disconnectedMark) return false;
  const answer = answers.get(holderToken);
  return answer?.asked === disconnectedMark && isAhead(answer.retryAt, at);
}

function disconnect(session: NasSubject, isHeld: boolean): NasAction {
  const attributes = nasIdentityOf(session) ?? [];
  return { kind: 'disconnect', isHeld, session, attributes, mark: disconnectedMark };
}

/** Says of an action why nobody can be asked; undefined when its NAS can. */
function objections({ gateway }: NasSnapshot): (action: NasAction) => string | undefined {
  const addresses = new Set(gateway.addresses);
  return ({ session }) => {
    if (gateway.secret === null) return 'the gateway has no CoA secret';
    if (isIP(session.nasIp) === 0) return `${JSON.stringify(session.nasIp)} is not an address`;
    if (!addresses.has(session.nasIp)) return `${session.nasIp} is no NAS address of the gateway`;
    if (nasIdentityOf(session) === undefined) return 'neither user nor Acct-Session-Id are known';
    return undefined;
  };
}

function warningsOf(gateway: string, reasons: readonly string[]): readonly string[] {
  return [...Map.groupBy(reasons, (reason) => reason)].map(([reason, { length }]) => {
    const sessions = length === 1 ? 'a session' : `${length} sessions`;
    return `the NAS of ${sessions} of ${gateway} cannot be told: ${reason}`;
  });
}

function deferrals(
  { silences }: NasSnapshot,
  answers: Answers,
  at: number,
): (action: NasAction) => DeferredNasAction | undefined {
  const silentUntil = new Map(silences.map(({ nasIp, retryAt }) => [nasIp, retryAt]));
  return (action) => {
    const retryAt = silentUntil.get(action.session.nasIp) ?? 0;
    if (isAhead(retryAt, at)) return { action, because: 'silent', errorCause: null, retryAt };
    const answer = answers.get(action.session.holderToken);
    return answer === undefined ? undefined : deferredBy(action, answer, at);
  };
}

/** A wish that has changed since is asked at once. */
function deferredBy(
  action: NasAction,
  { asked, errorCause, retryAt }: NasAnswered,
  at: number,
): DeferredNasAction | undefined {
  if (asked !== action.mark || !isAhead(retryAt, at)) return undefined;
  return { action, because: 'refused', errorCause, retryAt };
}

/** One that is further away than any is ever set was written by a clock that has been set back since. */
function isAhead(retryAt: number, at: number): boolean {
  return retryAt > at && retryAt <= at + longestRetryMs;
}
