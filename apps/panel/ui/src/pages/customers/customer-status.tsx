/** What a customer may do, as a word in a colour. */
import type { CustomerValue } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Status, type StatusKind } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';

export const customerStatuses = ['active', 'suspended', 'deleted'] as const;

const kinds: Readonly<Record<CustomerValue['status'], StatusKind>> = {
  active: 'good',
  suspended: 'warn',
  deleted: 'off',
};

export function CustomerStatus({ status }: { readonly status: CustomerValue['status'] }): ReactNode {
  const { t } = useText();
  return <Status kind={kinds[status]}>{t(`customer.status.${status}`)}</Status>;
}
