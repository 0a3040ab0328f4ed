/** Search and filters above the list. They stand in the address, so that a list can be kept, sent and gone back to. */
import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { Button } from '../../components/button.tsx';
import { SelectField } from '../../components/field.tsx';
import { SearchField } from '../../components/search-field.tsx';
import type { PlainTextKey } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import { type ConnectionFilter, changedAddress } from './connection-filter.ts';

type FilterName = 'status' | 'restricted' | 'online';

const filters: readonly {
  readonly name: FilterName;
  readonly label: PlainTextKey;
  readonly options: readonly (readonly [value: string, label: PlainTextKey])[];
}[] = [
  {
    name: 'status',
    label: 'connection.status',
    options: [
      ['PREPROVISIONED', 'connection.status.PREPROVISIONED'],
      ['CLAIMED', 'connection.status.CLAIMED'],
      ['DISABLED', 'connection.status.DISABLED'],
    ],
  },
  {
    name: 'restricted',
    label: 'connection.restriction',
    options: [
      ['true', 'connections.restricted.true'],
      ['false', 'connections.restricted.false'],
    ],
  },
  {
    name: 'online',
    label: 'connections.online',
    options: [
      ['true', 'connections.online.true'],
      ['false', 'connections.online.false'],
    ],
  },
];

export function ConnectionFilters({ filter }: { readonly filter: ConnectionFilter }): ReactNode {
  const { t } = useText();
  const [, setAddress] = useSearchParams();
  const change = (name: string, value: string) =>
    setAddress((before) => changedAddress(before, { [name]: value }), { replace: true });
  return (
    <search className="stack">
      <div className="filters">
        <SearchField
          label={t('connections.search')}
          placeholder={t('connections.searchHint')}
          value={filter.search ?? ''}
          onSearch={(search) => change('search', search)}
        />
        {filters.map(({ name, label, options }) => (
          <SelectField
            key={name}
            label={t(label)}
            value={filter[name] ?? ''}
            options={[
              { value: '', text: t('connections.any') },
              ...options.map(([value, key]) => ({ value, text: t(key) })),
            ]}
            onChange={(event) => change(name, event.target.value)}
          />
        ))}
      </div>
      {filter.customer !== undefined && (
        <p className="row small">
          {t('connections.ofCustomer', { id: filter.customer })}
          <Button kind="quiet" size="small" onClick={() => change('customer', '')}>
            {t('action.clear')}
          </Button>
        </p>
      )}
    </search>
  );
}
