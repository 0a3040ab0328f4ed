/** Customers as records that can be edited, and the words for them. */
import type { Json, JsonObject } from '@holdfast/optimistic-client';
import type { Customer } from '@holdfast/panel-client/schema';
import { queryKeys } from '../../data/query-keys.ts';
import type { RecordKind } from '../../edit/record-kind.ts';
import type { PlainTextKey, Text } from '../../i18n/text.ts';
import { customerPart } from './customer-part.ts';

const statusKeys: Readonly<Record<Customer['value']['status'], PlainTextKey>> = {
  active: 'customer.status.active',
  suspended: 'customer.status.suspended',
  deleted: 'customer.status.deleted',
};

export const customerRecord: RecordKind = {
  kind: 'customer',
  queryName: 'customer',
  parts: (role) => (role === 'admin' ? [customerPart] : []),
  read: async ({ client, queries }, id) => {
    const { version, value } = await queries.fetchQuery({
      queryKey: queryKeys.customer(id),
      queryFn: ({ signal }) => client.customer(id, { signal }),
      staleTime: 0,
    });
    return { version, value: { ...value } as JsonObject };
  },
  href: (id) => `/customers/${id}`,
  name: ({ email }, id, { t }) => (typeof email === 'string' ? email : `${t('audit.kind.customer')} ${id}`),
  words: {
    changedTitle: 'customer.changedTitle',
    deletedTitle: 'customer.deletedTitle',
    fields: {
      email: { label: 'customer.email', control: 'text', show: showEmail },
      status: { label: 'customers.column.status', show: (value, { t }) => showStatus(value, t) },
    },
    groups: {},
    done: () => undefined,
    context: ['status'],
    reasons: {
      EMAIL_TAKEN: 'customers.emailTaken',
      CUSTOMER_DELETED: 'customer.gone',
    },
    issues: { 'not-an-email': 'field.notEmail', other: 'field.notEmail' },
  },
};

function showEmail(value: Json | undefined, { t }: Text): string {
  return typeof value === 'string' && value !== '' ? value : t('value.none');
}

function showStatus(value: Json | undefined, t: Text['t']): string {
  const status = String(value);
  return Object.hasOwn(statusKeys, status) ? t(statusKeys[status as keyof typeof statusKeys]) : status;
}
