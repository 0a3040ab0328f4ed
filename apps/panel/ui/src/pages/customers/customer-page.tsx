/** One customer: what is known, the e-mail to edit, and what can be done with the account. */
import type { Customer } from '@holdfast/panel-client/schema';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Banner } from '../../components/banner.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Section } from '../../components/section.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { MarkStatus } from '../../edit/react/mark-status.tsx';
import { useEditor, useLook } from '../../edit/react/workbench-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { Page } from '../../shell/page.tsx';
import { CustomerActions } from './customer-actions.tsx';
import { CustomerForm } from './customer-form.tsx';
import { customerPart } from './customer-part.ts';
import { CustomerStatus } from './customer-status.tsx';

/** Another id is another page: nothing of one customer is seen on the other. */
export function CustomerPage({ id }: { readonly id: string }): ReactNode {
  return <OneCustomer key={id} id={id} />;
}

function OneCustomer({ id }: { readonly id: string }): ReactNode {
  const { t } = useText();
  const client = useClient();
  const query = useQuery({
    queryKey: queryKeys.customer(id),
    queryFn: ({ signal }) => client.customer(id, { signal }),
  });
  const { overlay, mark } = useLook('customer', id);
  const email = query.data === undefined ? undefined : String(overlay.email ?? query.data.value.email);
  const title = email === undefined ? `${t('audit.kind.customer')} ${id}` : <bdi>{email}</bdi>;
  return (
    <Page
      title={title}
      windowTitle={email ?? t('customers.title')}
      actions={mark !== undefined && <MarkStatus mark={mark} />}
    >
      <Loaded query={query}>{(customer) => <CustomerDetail customer={customer} />}</Loaded>
    </Page>
  );
}

function CustomerDetail({ customer }: { readonly customer: Customer }): ReactNode {
  const { t, formatNumber } = useText();
  const form = useEditor(customerPart, customer.id);
  const { id, version, value } = customer;
  const isDeleted = value.status === 'deleted';
  return (
    <>
      {isDeleted && <Banner kind="warn">{t('customer.gone')}</Banner>}
      <Section title={t('customer.facts')}>
        <Facts
          of={[
            [t('customers.column.status'), <CustomerStatus key="status" status={value.status} />],
            [t('customer.number'), id],
            [t('customers.column.created'), <Time key="created" at={value.created_at} />],
            [t('customer.version'), formatNumber(version)],
          ]}
        />
        <div className="row">
          <Link className="button" href={`/connections?customer=${id}`}>
            {t('customer.connections')}
          </Link>
          <Link className="button" href={`/audit?kind=customer&id=${id}`}>
            {t('customer.history')}
          </Link>
        </div>
      </Section>
      {!isDeleted && form.state.pending !== undefined && (
        <Section title={t('customer.edit')}>
          <CustomerForm {...form} />
        </Section>
      )}
      {!isDeleted && (
        <Section title={t('customer.actions')}>
          <CustomerActions customer={customer} />
        </Section>
      )}
    </>
  );
}
