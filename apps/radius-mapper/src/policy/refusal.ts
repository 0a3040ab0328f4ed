/** Why a login is refused, and what its user is told. One table, so that two reasons that must not be told apart are not. */

export const refusals = [
  'unknown-user',
  'wrong-password',
  'no-credentials',
  'disabled',
  'suspended',
  'deleted',
  'busy',
  'unknown-nas',
  'incomplete-request',
] as const;

/** `no-credentials`: the connection has none of the kind that is to be checked. */
export type Refusal = (typeof refusals)[number];

const wrongName = 'The user name or the password is wrong.';

/** That of `busy` is the beginning of `busyText`. */
const texts: Readonly<Record<Refusal, string>> = {
  'unknown-user': wrongName,
  'wrong-password': wrongName,
  'no-credentials': wrongName,
  disabled: 'This connection is disabled.',
  suspended: 'This account is suspended.',
  deleted: 'This account is closed.',
  busy: 'This connection is in use by another device.',
  'unknown-nas': 'This access server is not known here.',
  'incomplete-request': 'The request does not say which device is logging in.',
};

/** A Reply-Message: one neutral sentence of at most 253 bytes. */
export function refusalText(because: Refusal): string {
  return texts[because];
}

/**
 * Since when, and at which kind of access server: enough for a person to recognise his other device, and no address.
 *
 * @param sinceMs - in milliseconds since the Unix epoch
 * @param nasKind - profile of the gateway that has the session; null for none
 */
export function busyText(sinceMs: number, nasKind: string | null): string {
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
  const where = nasKind === null || nasKind === 'filter' ? '' : ` (${nasKind})`;
  return `${texts.busy.slice(0, -1)} since ${since} UTC${where}.`;
}
