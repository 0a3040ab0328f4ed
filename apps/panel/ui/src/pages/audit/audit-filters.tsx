/** What of the log is shown. Times are those of the browser; the address, and the server, have them in UTC. */
import { type ReactNode, useEffect, useState } from 'react';
import { SelectField, TextField } from '../../components/field.tsx';
import { SearchField } from '../../components/search-field.tsx';
import type { Filters } from '../../data/use-filters.ts';
import { useText } from '../../i18n/text-context.tsx';
import { fromLocalTime, toLocalTime } from './local-time.ts';

export const auditFilters = ['kind', 'id', 'by', 'from', 'to'] as const;
export type AuditFilters = Filters<(typeof auditFilters)[number]>;

const kinds = ['vpn_connection', 'customer'] as const;

export function AuditFilterFields({ filters }: { readonly filters: AuditFilters }): ReactNode {
  const { t } = useText();
  const { values, set } = filters;
  return (
    <search className="filters">
      <SelectField
        label={t('audit.kind')}
        options={[
          { value: '', text: t('field.all') },
          ...kinds.map((kind) => ({ value: kind, text: t(`audit.kind.${kind}`) })),
        ]}
        value={values.kind}
        onChange={({ target }) => set('kind', target.value)}
      />
      <SearchField isShort label={t('audit.id')} value={values.id} onSearch={(id) => set('id', id.trim())} />
      <SearchField
        isShort
        label={t('audit.by')}
        placeholder={t('audit.byHint')}
        value={values.by}
        onSearch={(by) => set('by', by.trim())}
      />
      <TimeField label={t('audit.from')} value={values.from} onChange={(from) => set('from', from)} />
      <TimeField label={t('audit.to')} value={values.to} onChange={(to) => set('to', to)} />
    </search>
  );
}

interface TimeFieldProps {
  readonly label: string;
  /** ISO 8601, UTC; empty for none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Keeps what is typed until it is a time, or nothing. */
function TimeField({ label, value, onChange }: TimeFieldProps): ReactNode {
  const [typed, setTyped] = useState(() => toLocalTime(value));
  useEffect(() => setTyped(toLocalTime(value)), [value]);
  return (
    <TextField
      label={label}
      type="datetime-local"
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        onChange(fromLocalTime(target.value));
      }}
    />
  );
}
