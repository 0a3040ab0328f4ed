/** Says that the panel cannot be reached, as long as that is so; a moment of it is not worth a word. */
import { type ReactNode, useEffect, useState } from 'react';
import { Banner } from '../components/banner.tsx';
import { useLink } from '../data/panel-context.tsx';
import { useText } from '../i18n/text-context.tsx';

const patienceMs = 1_500;

export function OfflineBanner(): ReactNode {
  const { t } = useText();
  const link = useLink();
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    if (link !== 'lost') {
      setLost(false);
      return;
    }
    const timer = setTimeout(() => setLost(true), patienceMs);
    return () => clearTimeout(timer);
  }, [link]);
  return isLost ? <Banner kind="warn">{t('state.offline')}</Banner> : null;
}
