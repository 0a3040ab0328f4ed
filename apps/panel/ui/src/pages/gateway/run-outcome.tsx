/** How a run ended, as a word in a colour. */
import type { Run } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Status, type StatusKind } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';

const kinds: Readonly<Record<Run['outcome'], StatusKind>> = {
  applied: 'good',
  unchanged: 'off',
  failed: 'bad',
};

export function RunOutcome({ outcome }: { readonly outcome: Run['outcome'] }): ReactNode {
  const { t } = useText();
  return <Status kind={kinds[outcome]}>{t(`runs.outcome.${outcome}`)}</Status>;
}
