/**
 * By which attributes a NAS is told which session is meant (RFC 5176 §3). All that are sent have to match, and some
 * NASes refuse a request with an attribute that they do not expect, so it is the fewest that are exact: the user and the
 * Acct-Session-Id, or, while that is not known, the user and the address.
 *
 * Not sent: NAS-IP-Address, because what truth has is where packets came from, which need not be the NAS's own idea of
 * itself; Calling-Station-Id, which changes with a NAT; Class, which identifies nothing, and is taken for a new value.
 */
import { isIPv4 } from 'node:net';
import type { NasSubject } from '@holdfast/truth-db';
import { isAttributeText, type NasAttribute } from './radius-attribute.ts';

/** Undefined when neither a user nor an Acct-Session-Id is known: an address alone may be another one's by now. */
export function nasIdentityOf(session: NasSubject): readonly NasAttribute[] | undefined {
  const { userName, acctSessionId, framedIp } = session;
  const user: NasAttribute[] = isSendable(userName) ? [{ name: 'User-Name', value: userName }] : [];
  if (isSendable(acctSessionId)) return [...user, { name: 'Acct-Session-Id', value: acctSessionId }];
  if (user.length === 0) return undefined;
  const hasAddress = framedIp !== null && isIPv4(framedIp);
  return hasAddress ? [...user, { name: 'Framed-IP-Address', value: framedIp }] : user;
}

/** Whether a NAS that compares what it is sent cannot mistake the session for another one of the same user. */
export function isExact({ acctSessionId }: NasSubject): boolean {
  return isSendable(acctSessionId);
}

function isSendable(text: string | null): text is string {
  return text !== null && isAttributeText(text);
}
