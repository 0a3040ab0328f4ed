/**
 * A batch of logins: one look-up of their users, the passwords, one transaction for the locks of all. As good as one after the
 * other, for a fraction of the round trips.
 */
import { HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import {
  acquireSessions,
  findRadiusLogins,
  type RadiusLogin,
  type SessionRequest,
  type TruthTransaction,
} from '@holdfast/truth-db';
import type { Mapper } from '../mapper.ts';
import { decideGrant, decideLogin } from '../policy/login-policy.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import type { Refusal } from '../policy/refusal.ts';
import { type ReplyStanding, replyPlan, sentMark } from '../policy/reply-plan.ts';
import { storable } from '../request/text-of.ts';
import type { LoginJob, LoginResult } from './login-job.ts';
import { recordSent, type Sent } from './record-sent.ts';

type Settled = LoginResult | HoldfastError;

type Ground = Pick<Mapper, 'truth' | 'settings' | 'clock'>;

interface Admitted {
  readonly place: number;
  readonly job: LoginJob;
  readonly login: Extract<RadiusLogin, { kind: 'allowed' }>;
}

/**
 * @returns for each job its result, or why there is none. One job that truth cannot take, because its row or its gateway went
 *   away in between, fails alone; a truth that is away fails all.
 */
export async function runLogins(ground: Ground, jobs: readonly LoginJob[]): Promise<readonly Settled[]> {
  try {
    return await runTogether(ground, jobs);
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    if (jobs.length === 1 || isOfAll(error)) return jobs.map(() => error);
  }
  const settled: Settled[] = [];
  for (const job of jobs) settled.push(...(await runLogins(ground, [job])));
  return settled;
}

/** What the database says of itself; another job would hear the same, and wait as long for it. */
function isOfAll({ code }: HoldfastError): boolean {
  return code.startsWith('DATABASE_') || code.startsWith('SCHEMA_');
}

async function runTogether(ground: Ground, jobs: readonly LoginJob[]): Promise<readonly Settled[]> {
  const logins = await findRadiusLogins(
    ground.truth.db,
    jobs.map(({ request }) => request.user),
  );
  const settled: Settled[] = [];
  const admitted: Admitted[] = [];
  for (const [place, job] of jobs.entries()) {
    const login = logins[place];
    if (login === undefined) throw new HoldfastError('INTERNAL', 'a user was not looked up');
    const because = refusalOf(job, login);
    if (because !== undefined) settled[place] = { kind: 'refused', because };
    else if (login.kind === 'allowed') admitted.push({ place, job, login });
  }
  if (admitted.length === 0) return settled;
  // It may be run more than once, so what it settles is put in place when it has been committed.
  const taken = await ground.truth.transaction((trx) => takeSessions(trx, ground, admitted));
  for (const { place, result } of taken) settled[place] = result;
  return settled;
}

function refusalOf({ reason, isPasswordOf }: LoginJob, login: RadiusLogin): Refusal | undefined {
  const hash = login.kind === 'allowed' ? login.credentials.radiusSecretHash : null;
  const isRight = isPasswordOf?.(hash ?? noSecret) === true && hash !== null;
  const verdict = decideLogin(radiusReason(reason), {
    isComplete: true,
    isNasKnown: true,
    login,
    credential: isPasswordOf === undefined ? 'none' : 'radius-secret',
    password: isPasswordOf === undefined ? 'unchecked' : isRight ? 'right' : 'wrong',
  });
  return verdict.kind === 'refuse' ? verdict.because : undefined;
}

/** Of no secret. It is compared where there is none, so that the time of an answer does not tell whether there is a user. */
const noSecret = `{ssha256}${Buffer.alloc(48).toString('base64')}`;

async function takeSessions(trx: TruthTransaction, ground: Ground, admitted: readonly Admitted[]) {
  const { clock } = ground;
  const nowMs = clock.monotonicMs();
  const [late, inTime] = [[], []] as [Admitted[], Admitted[]];
  for (const one of admitted) (one.job.deadlineMs > nowMs ? inTime : late).push(one);
  const atMs = clock.wallMs();
  const answers =
    inTime.length === 0
      ? []
      : await acquireSessions(
          trx,
          inTime.map((one) => requestOf(one, atMs, ground)),
        );
  const sent: Sent[] = [];
  const results = inTime.map((one, index) => {
    const answer = answers[index];
    if (answer === undefined) throw new HoldfastError('INTERNAL', 'a request for a session was not answered');
    const verdict = decideGrant(answer);
    if (verdict.kind === 'refuse')
      return { place: one.place, result: { ...verdict, kind: 'refused' } as const };
    const { session, holderToken } = verdict;
    const { vpnConnectionId } = one.login;
    const standing = standingOf(one, holderToken);
    const mark = session === 'granted' ? undefined : sentMark(standing, false);
    if (mark !== undefined) sent.push({ vpnConnectionId, holderToken, mark });
    const attributes = replyPlan(standing, ground.settings);
    return { place: one.place, result: { kind: 'accepted', session, vpnConnectionId, attributes } as const };
  });
  await recordSent(trx, sent);
  const turnedAway = late.map(({ place }) => ({ place, result: noTime() }));
  return [...results, ...turnedAway];
}

function noTime(): HoldfastError {
  return new HoldfastError('LOGIN_OVERLOAD', 'a login was not begun: its client no longer waits');
}

function requestOf({ job, login }: Admitted, atMs: number, { settings }: Ground): SessionRequest {
  const { name: gateway, nasProfile } = job.gateway;
  return {
    vpnConnectionId: login.vpnConnectionId,
    gateway,
    sessionKey: storable(job.sessionKey),
    requestVector: job.request.req,
    nasIp: job.request.src,
    nasApplied: sentMark({ ...login, nasProfile }, true) ?? null,
    at: atMs,
    expiresAt: atMs + settings.pendingLeaseMs,
  };
}

function standingOf({ job, login }: Admitted, holderToken: string): ReplyStanding {
  const { isRestricted, staticIp, downKbit, upKbit } = login;
  return { nasProfile: job.gateway.nasProfile, holderToken, isRestricted, staticIp, downKbit, upKbit };
}
