/** The four requests around a login. */
import { Fields, invalidRequest } from './fields.ts';
import { decodeRequest, type RadiusRequest } from './radius-request.ts';

/** Which proof of the password FreeRADIUS will check. */
export type AuthorizeMethod = 'pap' | 'mschap';

export interface AuthorizeRequest extends RadiusRequest {
  readonly method: AuthorizeMethod;
}

/** @throws HoldfastError REQUEST_INVALID */
export function decodeAuthorize(body: Buffer): AuthorizeRequest {
  const fields = new Fields(body);
  const method = fields.exact('method');
  if (method !== 'pap' && method !== 'mschap') throw invalidRequest('method is neither pap nor mschap');
  return { ...decodeRequest(fields), method };
}

/**
 * A login whose password is ours to check. The password is told apart from the rest, so that whatever logs, prints or keeps the
 * request does not carry it along.
 *
 * @throws HoldfastError REQUEST_INVALID
 */
export function decodeLogin(body: Buffer): { readonly request: RadiusRequest; readonly password: string } {
  const fields = new Fields(body);
  return { request: decodeRequest(fields), password: fields.exact('password') };
}

/**
 * A login whose password was right, or the taking back of one.
 *
 * @throws HoldfastError REQUEST_INVALID
 */
export function decodeFollowUp(body: Buffer): RadiusRequest {
  return decodeRequest(new Fields(body));
}
