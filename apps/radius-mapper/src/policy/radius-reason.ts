/** Why the mapper looks at the session of a connection. */
import type { TriggerReason } from '@holdfast/action-plan';

export const radiusReasonKinds = [
  'authorize',
  'login',
  'post-auth',
  'release-pending',
  'start',
  'interim',
  'stop',
  'nas-on',
  'nas-off',
  'other',
  'janitor',
  'spool',
  'operator',
] as const;

export type RadiusReasonKind = (typeof radiusReasonKinds)[number];

export type RadiusReason<Kind extends RadiusReasonKind = RadiusReasonKind> = TriggerReason<Kind>;

/** @param subject - what it is about: the id of a connection, the address of a NAS */
export function radiusReason<Kind extends RadiusReasonKind>(
  kind: Kind,
  subject?: string | number,
): RadiusReason<Kind> {
  return { kind, scope: 'radius', ...(subject === undefined ? {} : { subject: String(subject) }) };
}
