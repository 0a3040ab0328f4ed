/** What stands where something will be in a moment. It appears late, so that what is quick does not flicker. */
import type { ReactNode } from 'react';
import { useText } from '../i18n/text-context.tsx';

export function LoadingState(): ReactNode {
  const { t } = useText();
  return (
    <div className="empty late" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{t('state.loading')}</span>
    </div>
  );
}
