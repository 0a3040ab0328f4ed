/** Catches what a page throws while it is drawn: the frame stays, and so does what is kept in the browser. */
import { Component, type ReactNode } from 'react';
import { Banner } from '../components/banner.tsx';
import { Button } from '../components/button.tsx';
import { useText } from '../i18n/text-context.tsx';

interface DefectBoundaryProps {
  readonly children: ReactNode;
}

/** With the address as its `key`: whoever goes somewhere else begins anew. */
export class DefectBoundary extends Component<DefectBoundaryProps, { readonly hasDefect: boolean }> {
  override state = { hasDefect: false };

  static getDerivedStateFromError(): { readonly hasDefect: boolean } {
    return { hasDefect: true };
  }

  override render(): ReactNode {
    return this.state.hasDefect ? <Defect /> : this.props.children;
  }
}

function Defect(): ReactNode {
  const { t } = useText();
  return (
    <Banner
      kind="bad"
      isUrgent
      actions={<Button onClick={() => location.reload()}>{t('state.reload')}</Button>}
    >
      <strong>{t('state.defect')}.</strong> {t('state.defectHint')}
    </Banner>
  );
}
