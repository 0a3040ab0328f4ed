/** What is known of a connection beside its form. */
import type { JsonObject } from '@holdfast/optimistic-client';
import type { ReactNode } from 'react';
import { Facts } from '../../components/facts.tsx';
import { FullText } from '../../components/full-text.tsx';
import { Section } from '../../components/section.tsx';
import { Time } from '../../components/time.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { showRate } from './connection-record.ts';

export interface ConnectionFactsProps {
  readonly id: string;
  readonly value: JsonObject;
  readonly version: number;
  /** Undefined for customers, and until it is known. */
  readonly customer: string | null | undefined;
}

export function ConnectionFacts({ id, value, version, customer }: ConnectionFactsProps): ReactNode {
  const text = useText();
  const { t } = text;
  const isAdmin = useMe().role === 'admin';
  const time = (at: unknown) => (typeof at === 'string' ? <Time at={at} /> : t('value.none'));
  const words = (said: unknown) => (typeof said === 'string' ? <FullText>{said}</FullText> : t('value.none'));
  const isClaimed = typeof value.claimed_at === 'string';
  const forAll = [
    [t('connection.number'), id],
    [t('connection.user'), words(value.radius_username)],
    [t('connection.address'), words(value.static_ip)],
  ] as const;
  const ofAdmins = [
    [t('connection.customer'), customer === null ? t('connection.nobody') : words(customer)],
    [t('connection.created'), time(value.created_at)],
    ...(isClaimed
      ? []
      : ([
          [t('connection.grace'), time(value.unclaimed_grace_until)],
          [t('connection.deadline'), time(value.claim_deadline)],
        ] as const)),
    [t('connection.version'), text.formatNumber(version)],
  ] as const;
  const ofCustomers = [
    [t('connection.down'), showRate(value.down_kbit, text)],
    [t('connection.up'), showRate(value.up_kbit, text)],
  ] as const;
  return (
    <Section title={t('connection.facts')}>
      <Facts
        of={[
          ...forAll,
          [t('connection.claimedAt'), time(value.claimed_at)],
          ...(isAdmin ? ofAdmins : ofCustomers),
        ]}
      />
    </Section>
  );
}
