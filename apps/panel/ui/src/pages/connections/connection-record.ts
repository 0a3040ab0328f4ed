/** Connections as records that can be edited, and the words for them. */
import type { Json, JsonObject } from '@holdfast/optimistic-client';
import type { Connection, ConnectionValue } from '@holdfast/panel-client/schema';
import { queryKeys } from '../../data/query-keys.ts';
import type { FieldWords, RecordKind } from '../../edit/record-kind.ts';
import type { PlainTextKey, Text } from '../../i18n/text.ts';
import { connectionKind, connectionParts, operationOf } from './connection-part.ts';

const reasonKeys: Readonly<Record<NonNullable<ConnectionValue['restricted_reason']>, PlainTextKey>> = {
  MANUAL: 'connection.reason.MANUAL',
  QUOTA: 'connection.reason.QUOTA',
  EXPIRY: 'connection.reason.EXPIRY',
  UNCLAIMED_OVERDUE: 'connection.reason.UNCLAIMED_OVERDUE',
};

const statusKeys: Readonly<Record<ConnectionValue['status'], PlainTextKey>> = {
  PREPROVISIONED: 'connection.status.PREPROVISIONED',
  CLAIMED: 'connection.status.CLAIMED',
  DISABLED: 'connection.status.DISABLED',
};

const words = (label: PlainTextKey, show: FieldWords['show']): FieldWords => ({ label, show });
const typed = (
  label: PlainTextKey,
  show: FieldWords['show'],
  control: FieldWords['control'] & string,
): FieldWords => ({
  ...words(label, show),
  control,
});

export const connectionRecord: RecordKind = {
  kind: connectionKind,
  queryName: 'connection',
  parts: (role) => Object.values(connectionParts(role)),
  read: async ({ client, queries }, id) => {
    const found = await queries.fetchQuery({
      queryKey: queryKeys.connection(id),
      queryFn: ({ signal }) => client.connection(id, { signal }),
      staleTime: 0,
    });
    return snapshotOf(found);
  },
  href: (id) => `/connections/${id}`,
  name: (value, id, { t }) => connectionName(value, id, t),
  words: {
    changedTitle: 'connection.changedTitle',
    deletedTitle: 'connection.deletedTitle',
    fields: {
      label: typed('connection.label', showText, 'text'),
      down_kbit: { ...typed('connection.down', showRate, 'number'), short: 'connection.downShort' },
      up_kbit: { ...typed('connection.up', showRate, 'number'), short: 'connection.upShort' },
      status: words('connection.status', (value, text) => showStatus(text, value)),
      restricted_reason: words('connection.restriction', (value, text) => showReason(text, value)),
      customer_id: words('connection.customer', (value, { t }) =>
        value === null ? t('connection.nobody') : String(value),
      ),
      static_ip: words('connection.address', showText),
      radius_username: words('connection.user', showText),
      claim_deadline: words('connection.deadline', showTime),
    },
    groups: { rates: 'connection.rates' },
    done: (patch) => {
      const found = operationOf(patch);
      return found && `connection.did.${found.operation}`;
    },
    context: ['status', 'restricted_reason', 'customer_id', 'static_ip', 'radius_username', 'claim_deadline'],
    reasons: {
      CONNECTION_CLAIMED: 'connection.why.CONNECTION_CLAIMED',
      CONNECTION_DISABLED: 'connection.why.CONNECTION_DISABLED',
      CLAIM_DEADLINE_PASSED: 'connection.why.CLAIM_DEADLINE_PASSED',
      DATE_OUT_OF_RANGE: 'connection.why.DATE_OUT_OF_RANGE',
      CUSTOMER_INACTIVE: 'connection.why.CUSTOMER_INACTIVE',
    },
    issues: {
      'not-a-label': 'connection.issue.not-a-label',
      'too-long': 'connection.issue.too-long',
      'too-big': 'connection.issue.too-long',
      'not-a-rate': 'connection.issue.not-a-rate',
      other: 'connection.issue.other',
    },
  },
};

/** What the editors know of what was read: the value, without what stands beside it. */
export function snapshotOf({ version, value }: Pick<Connection, 'version' | 'value'>) {
  return { version, value: { ...value } as JsonObject };
}

/** Its label; one that has none goes by its number. */
export function connectionName(value: { readonly label?: unknown }, id: string, t: Text['t']): string {
  const { label } = value;
  return typeof label === 'string' && label.trim() !== '' ? label : t('connection.unnamed', { id });
}

export function showStatus({ t }: Text, status: Json | undefined): string {
  return isKeyOf(statusKeys, status) ? t(statusKeys[status]) : String(status ?? '');
}

export function showReason({ t }: Text, reason: Json | undefined): string {
  if (reason === null || reason === undefined) return t('connection.free');
  return isKeyOf(reasonKeys, reason) ? t(reasonKeys[reason]) : String(reason);
}

export function showRate(value: Json | undefined, { t, formatNumber }: Text): string {
  if (value === null || value === undefined) return t('connection.unlimited');
  return typeof value === 'number' ? formatNumber(value) : String(value);
}

function showText(value: Json | undefined, { t }: Text): string {
  return value === null || value === undefined || value === '' ? t('connection.empty') : String(value);
}

function showTime(value: Json | undefined, { formatTime, t }: Text): string {
  return typeof value === 'string' ? formatTime(value) : t('value.none');
}

function isKeyOf<Keys extends object>(keys: Keys, name: Json | undefined): name is keyof Keys & string {
  return typeof name === 'string' && Object.hasOwn(keys, name);
}
