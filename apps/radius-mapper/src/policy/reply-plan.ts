/**
 * What an Access-Accept tells the NAS about its session: (standing, settings) → attributes. Pure.
 *
 * Rate and filter are those of the profile of the gateway, and the very ones that the RADIUS leg of the policy compares: a
 * login that was just answered is told nothing more. A gateway without a profile gets no rate, because nobody could change it
 * later; that a session is restricted it is told in any case.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { type NasAttribute, type NasPolicy, nasAttributesOf, nasMarkOf } from '@holdfast/gateway-policy';
import type { NasProfile } from '@holdfast/truth-db';

export interface ReplyStanding extends NasPolicy {
  readonly nasProfile: NasProfile | null;
  readonly holderToken: string;
  readonly staticIp: string | null;
}

export interface ReplySettings {
  readonly interimMs: number;
  readonly sessionTimeoutMs: number | undefined;
  readonly restrictedTimeoutMs: number | undefined;
}

export interface ReplyAttribute {
  readonly name: string;
  readonly value: string | number;
}

/** Attributes of the reply list, in the order in which they are sent. */
export function replyPlan(standing: ReplyStanding, settings: ReplySettings): readonly ReplyAttribute[] {
  const { isRestricted, holderToken, nasProfile } = standing;
  const { sessionTimeoutMs, restrictedTimeoutMs = sessionTimeoutMs, interimMs } = settings;
  const timeoutMs = isRestricted ? restrictedTimeoutMs : sessionTimeoutMs;
  return [
    // Octets are written as their digits; a NAS sends them back with every report.
    { name: 'Class', value: `0x${Buffer.from(holderToken, 'utf8').toString('hex')}` },
    ...addressOf(standing.staticIp),
    { name: 'Acct-Interim-Interval', value: Math.round(interimMs / 1_000) },
    ...(timeoutMs === undefined ? [] : [{ name: 'Session-Timeout', value: Math.round(timeoutMs / 1_000) }]),
    ...wordOf(nasProfile, standing).attributes,
    ...(isRestricted && nasProfile === null ? [{ name: 'Filter-Id', value: 'holdfast-restricted' }] : []),
  ];
}

/**
 * What `nas_applied` is to say of a session that was answered so; undefined where there is nothing to compare.
 *
 * @param isNew - whether nothing can have been stored about it yet: then a NAS that has what it has untold needs no mark
 */
export function sentMark(
  standing: Pick<ReplyStanding, 'nasProfile' | keyof NasPolicy>,
  isNew: boolean,
): string | undefined {
  const { attributes, mark } = wordOf(standing.nasProfile, standing);
  if (attributes.length === 0) return undefined;
  return isNew && mark === wordOf(standing.nasProfile, untold).mark ? undefined : mark;
}

/** What a NAS gives a session that it was told nothing about. */
const untold: NasPolicy = { isRestricted: false, downKbit: null, upKbit: null };

interface Word {
  readonly attributes: readonly NasAttribute[];
  readonly mark: string;
}

/** Rates are few: those of the tariffs. */
const words = new Map<string, Word>();
const mostWords = 4_096;

function wordOf(profile: NasProfile | null, { isRestricted, downKbit, upKbit }: NasPolicy): Word {
  const key = `${profile} ${isRestricted} ${downKbit} ${upKbit}`;
  const known = words.get(key);
  if (known !== undefined) return known;
  const attributes = nasAttributesOf(profile, { isRestricted, downKbit, upKbit });
  const word = { attributes, mark: nasMarkOf(attributes) };
  if (words.size >= mostWords) words.clear();
  words.set(key, word);
  return word;
}

function addressOf(staticIp: string | null): readonly ReplyAttribute[] {
  if (staticIp === null) return [];
  if (isIPv4(staticIp)) return [{ name: 'Framed-IP-Address', value: staticIp }];
  return isIPv6(staticIp) ? [{ name: 'Framed-IPv6-Address', value: staticIp }] : [];
}
