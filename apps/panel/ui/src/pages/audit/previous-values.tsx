/** What a change has replaced, field by field; secrets are told as such. */
import { isSecretMark, type Json } from '@holdfast/optimistic-client';
import type { AuditEntry } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';

export function PreviousValues({ entry: { previous, paths } }: { readonly entry: AuditEntry }): ReactNode {
  const { t } = useText();
  if (previous === null) return <p className="soft">{t('audit.tooLarge')}</p>;
  const changed = new Set(paths.map((path) => path.replace(/^\//, '').split('/')[0]));
  const before = Object.entries(previous).filter(([name]) => changed.size === 0 || changed.has(name));
  if (before.length === 0) return <p className="soft">{t('audit.nothingBefore')}</p>;
  return (
    <dl className="previous">
      {before.map(([name, value]) => (
        <div key={name}>
          <dt className="code">{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { readonly value: Json }): ReactNode {
  const { t } = useText();
  if (value === null || value === '') return t('value.none');
  if (isSecretMark(value)) return <em>{t('audit.secret')}</em>;
  return <bdi>{typeof value === 'string' ? value : JSON.stringify(value)}</bdi>;
}
