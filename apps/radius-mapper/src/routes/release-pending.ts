/**
 * Takes back what a login has taken whose answer came too late or not at all. It may overtake that login: then the login is not
 * begun, not even if it has yet to come, and where it is under way its end is waited for.
 */
import { findRadiusLogin, releasePendingSession } from '@holdfast/truth-db';
import { decideLogin } from '../policy/login-policy.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import { noContent } from '../reply/answer.ts';
import { decodeFollowUp } from '../request/login-request.ts';
import type { Route } from './route.ts';

export const releasePending: Route = async ({ mapper, logins, withdrawn }, body) => {
  const request = decodeFollowUp(body);
  const { truth, clock, log } = mapper;
  withdrawn.add(request);
  await logins.withdraw((job) => job.request.req === request.req && job.request.user === request.user);
  const login = await findRadiusLogin(truth.db, request.user);
  const verdict = decideLogin(radiusReason('release-pending', request.src), {
    isComplete: true,
    isNasKnown: true,
    login,
    credential: 'none',
    password: 'unchecked',
  });
  if (verdict.kind !== 'act') return noContent;
  const [{ vpnConnectionId }] = verdict.actions;
  const pending = { vpnConnectionId, requestVector: request.req };
  const released = await truth.transaction((trx) =>
    releasePendingSession(trx, { ...pending, at: clock.wallMs() }),
  );
  if (released.kind === 'released')
    log.info({ vpnConnectionId, user: request.user }, 'pending session released');
  return noContent;
};
