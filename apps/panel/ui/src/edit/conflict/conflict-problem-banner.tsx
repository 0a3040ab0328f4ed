/** Why a conflict waits: for the user again, for the network, or for a login. */
import type { Conflict, ConflictProblem } from '@holdfast/optimistic-client';
import type { ReactNode } from 'react';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { TextKey } from '../../i18n/texts.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordWords } from '../record-kind.ts';
import { refusalKey } from '../refusal-key.ts';

export interface ConflictProblemBannerProps {
  readonly editor: RecordEditor;
  readonly conflict: Conflict;
  readonly words: RecordWords;
}

export function ConflictProblemBanner({ editor, conflict, words }: ConflictProblemBannerProps): ReactNode {
  const { t, template } = useText();
  const { phase, problem } = conflict;
  if (phase === 'waiting' || phase === 'signed-out') {
    const retry = (
      <Button size="small" onClick={() => editor.retryNow()}>
        {t('edit.retry')}
      </Button>
    );
    return (
      <Banner kind="warn" actions={retry}>
        {t(phase === 'waiting' ? 'edit.status.waiting' : 'edit.status.signed-out')}
      </Banner>
    );
  }
  if (problem === undefined) return null;
  return (
    <Banner kind="bad" isUrgent>
      {template(problemText(problem, words))}
    </Banner>
  );
}

function problemText(problem: ConflictProblem, words: RecordWords): TextKey {
  return problem.kind === 'state-conflict' ? refusalKey(problem, words) : `conflict.problem.${problem.kind}`;
}
