/**
 * What the NASes of a gateway are told about a session, in the attributes that they understand. One small table: which
 * profile says what, and how its NASes find a session.
 *
 * Every state is said in full, the open and unlimited one too: an attribute that is left out of a CoA-Request stays as it
 * was. Session-Timeout is not among them. Its value is a number of seconds that is another one at each look, and whether a
 * NAS counts them from the request or from the start of the session differs; a deadline that has come is a Disconnect.
 */
import type { NasProfile } from '@holdfast/truth-db';
import type { NasAttribute } from './radius-attribute.ts';

/** What a session is allowed, as far as a NAS can be told. */
export interface NasPolicy {
  readonly isRestricted: boolean;
  /** Null for no limit. */
  readonly downKbit: number | null;
  readonly upKbit: number | null;
}

interface ProfileRules {
  readonly attributes: readonly ((policy: NasPolicy) => NasAttribute)[];
  /** A NAS that looks at User-Name alone ends every session of that name, the one after the ended one too. */
  readonly findsBy: 'session' | 'user';
  /** Error-Cause of a NAK by which it says that there is no such session; null is a NAK without a cause. */
  readonly goneCauses: readonly (number | null)[];
}

/** Session-Context-Not-Found, Unsupported-Extension. */
const notFound = 503;
const unsupported = 406;
const maxNumber = 0xffff_ffff;

/** Filters of these names have to be configured on the NAS. */
const filter = ({ isRestricted }: NasPolicy): NasAttribute => ({
  name: 'Filter-Id',
  value: isRestricted ? 'holdfast-restricted' : 'holdfast-open',
});

/** bit/s. No limit is the greatest number: a 0 may be taken at its word. */
const wispr = (name: 'WISPr-Bandwidth-Max-Down' | 'WISPr-Bandwidth-Max-Up', side: 'downKbit' | 'upKbit') => {
  return (policy: NasPolicy): NasAttribute => {
    const kbit = policy[side];
    return { name, value: kbit === null ? maxNumber : Math.min(kbit * 1_000, maxNumber) };
  };
};

/** `rx/tx` as the router sees it: what it receives is the upload. 0 is no limit. */
const mikrotikRate = ({ downKbit, upKbit }: NasPolicy): NasAttribute => ({
  name: 'Mikrotik-Rate-Limit',
  value: `${upKbit === null ? '0' : `${upKbit}k`}/${downKbit === null ? '0' : `${downKbit}k`}`,
});

const profiles: Readonly<Record<NasProfile, ProfileRules>> = {
  filter: { attributes: [filter], findsBy: 'session', goneCauses: [notFound] },
  wispr: {
    attributes: [
      filter,
      wispr('WISPr-Bandwidth-Max-Down', 'downKbit'),
      wispr('WISPr-Bandwidth-Max-Up', 'upKbit'),
    ],
    findsBy: 'session',
    goneCauses: [notFound],
  },
  // RouterOS answers a Disconnect-Request for a session that it does not have with 406.
  mikrotik: {
    attributes: [filter, mikrotikRate],
    findsBy: 'session',
    goneCauses: [notFound, unsupported],
  },
  // charon compares User-Name only, gives no cause, and lets a CoA-Request change nothing but the life time.
  strongswan: { attributes: [], findsBy: 'user', goneCauses: [notFound, null] },
};

/** Of a gateway without a profile: RFC 5176 as it is written, and no attributes. */
const plain: ProfileRules = { attributes: [], findsBy: 'session', goneCauses: [notFound] };

/**
 * The attributes of a session for its NAS, in the order in which they are sent: in a CoA-Request, and in the
 * Access-Accept as well. Empty where the profile has none.
 */
export function nasAttributesOf(profile: NasProfile | null, policy: NasPolicy): readonly NasAttribute[] {
  return rulesOf(profile).attributes.map((attribute) => attribute(policy));
}

/** Whether a NAS of this profile finds a session by more than its user's name. */
export function findsBySession(profile: NasProfile | null): boolean {
  return rulesOf(profile).findsBy === 'session';
}

/** Whether a NAK with this cause to a Disconnect-Request says that there is no such session. */
export function saysGone(profile: NasProfile | null, errorCause: number | null): boolean {
  return rulesOf(profile).goneCauses.includes(errorCause);
}

function rulesOf(profile: NasProfile | null): ProfileRules {
  return profile === null ? plain : profiles[profile];
}
