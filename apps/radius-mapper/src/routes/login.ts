/** Takes the session: after the password was checked here (`login`), or by FreeRADIUS (`post-auth`). */
import { HoldfastError } from '@holdfast/base';
import { isRadiusSecretOf } from '@holdfast/truth-db';
import type { LoginResult } from '../login/login-job.ts';
import type { Mapper } from '../mapper.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import { busyText } from '../policy/refusal.ts';
import { type Answer, positive } from '../reply/answer.ts';
import { decodeFollowUp, decodeLogin } from '../request/login-request.ts';
import type { RadiusRequest } from '../request/radius-request.ts';
import { deadlineOf, type Route, type RouteGround, refuse, senderOf } from './route.ts';

export const login: Route = (ground, body, sinceMs) => {
  const { request, password } = decodeLogin(body);
  return take(ground, {
    request,
    reason: 'login',
    sinceMs,
    isPasswordOf: (hash) => isRadiusSecretOf(password, hash),
  });
};

export const postAuth: Route = (ground, body, sinceMs) =>
  take(ground, { request: decodeFollowUp(body), reason: 'post-auth', sinceMs });

interface Taking {
  readonly request: RadiusRequest;
  readonly reason: 'login' | 'post-auth';
  readonly sinceMs: number;
  readonly isPasswordOf?: (hash: string) => boolean;
}

async function take(
  { mapper, logins, withdrawn }: RouteGround,
  { sinceMs, ...taking }: Taking,
): Promise<Answer> {
  const { request } = taking;
  const reason = radiusReason(taking.reason, request.src);
  const sender = await senderOf(mapper, request);
  if (sender.kind === 'refused') return refuse(mapper, reason, { request, because: sender.because });
  if (withdrawn.has(request))
    throw new HoldfastError('LOGIN_OVERLOAD', 'a login was taken back before it came');
  const { sessionKey, gateway } = sender;
  const result = await logins.submit({
    ...taking,
    gateway,
    sessionKey,
    deadlineMs: deadlineOf(mapper, sinceMs),
  });
  return answerTo(mapper, request, result, reason);
}

function answerTo(
  mapper: Mapper,
  request: RadiusRequest,
  result: LoginResult,
  reason: Parameters<typeof refuse>[1],
): Answer {
  if (result.kind === 'accepted') {
    const { session, vpnConnectionId, attributes } = result;
    mapper.metrics.add('holdfast_radius_accepts_total', 1, { session });
    mapper.log.debug({ session, vpnConnectionId, user: request.user, src: request.src }, 'login accepted');
    return positive('lock-ok', request.req, attributes, 'reply');
  }
  const { because, by } = result;
  if (by === undefined) return refuse(mapper, reason, { request, because });
  const text = busyText(by.acquiredAt, mapper.gateways.profileOf(by.gateway));
  return refuse(mapper, reason, { request, because, text });
}
