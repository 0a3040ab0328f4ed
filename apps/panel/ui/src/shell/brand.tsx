/** Name and sign. */
import type { ReactNode } from 'react';
import { useText } from '../i18n/text-context.tsx';

export function Brand(): ReactNode {
  const { t } = useText();
  return (
    <div className="brand">
      <img src="/icon.svg" alt="" width="28" height="28" />
      <span>{t('app.name')}</span>
    </div>
  );
}
