/** How what is pending of a record stands, in a sign. */
import type { ReactNode } from 'react';
import { Status, type StatusKind } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { EditMark } from '../record/editor-state.ts';

const markSigns: Readonly<Record<EditMark, StatusKind>> = {
  draft: 'info',
  saving: 'info',
  waiting: 'warn',
  'signed-out': 'warn',
  stuck: 'bad',
  conflict: 'warn',
};

export function MarkStatus({ mark }: { readonly mark: EditMark }): ReactNode {
  const { t } = useText();
  return <Status kind={markSigns[mark]}>{t(`edit.mark.${mark}`)}</Status>;
}
