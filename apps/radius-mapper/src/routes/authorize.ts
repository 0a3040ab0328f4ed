/** What the password is to be checked against, for FreeRADIUS to do it. Takes no lock. */
import { HoldfastError } from '@holdfast/base';
import { decideLogin } from '../policy/login-policy.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import { positive } from '../reply/answer.ts';
import { decodeAuthorize } from '../request/login-request.ts';
import { deadlineOf, type Route, refuse, senderOf } from './route.ts';

export const authorize: Route = async ({ mapper, lookUps }, body, sinceMs) => {
  const request = decodeAuthorize(body);
  const reason = radiusReason('authorize', request.src);
  const sender = await senderOf(mapper, request);
  if (sender.kind === 'refused') return refuse(mapper, reason, { request, because: sender.because });
  const login = await lookUps.submit({ user: request.user, deadlineMs: deadlineOf(mapper, sinceMs) });
  const isPap = request.method === 'pap';
  const verdict = decideLogin(reason, {
    isComplete: true,
    isNasKnown: true,
    login,
    credential: isPap ? 'radius-secret' : 'nt-hash',
    password: 'unchecked',
  });
  if (verdict.kind === 'refuse') return refuse(mapper, reason, { request, because: verdict.because });
  if (login.kind !== 'allowed') throw new HoldfastError('INTERNAL', 'nobody was offered a password');
  const { radiusSecretHash, ntHash } = login.credentials;
  const offered = isPap
    ? { name: 'Password-With-Header', value: radiusSecretHash ?? '' }
    : { name: 'NT-Password', value: `0x${ntHash ?? ''}` };
  return positive('known', request.req, [offered], 'control');
};
