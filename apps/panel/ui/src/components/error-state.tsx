/** What is said where an answer should be and none came: why, what can be done, and the code under which the log has it. */
import type { ReactNode } from 'react';
import { problemKey, problemOf } from '../data/problem.ts';
import { useText } from '../i18n/text-context.tsx';
import { Banner } from './banner.tsx';
import { Button } from './button.tsx';

export interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

export function ErrorState({ error, onRetry }: ErrorStateProps): ReactNode {
  const { t } = useText();
  const retry = onRetry !== undefined && (
    <Button size="small" onClick={onRetry}>
      {t('state.retry')}
    </Button>
  );
  return (
    <Banner kind="bad" isUrgent actions={retry}>
      <strong>{t('state.failed')}.</strong> <ProblemText error={error} />
    </Banner>
  );
}

/** The reason alone, for a form that stays as it is. */
export function ProblemText({ error }: { readonly error: unknown }): ReactNode {
  const { t } = useText();
  const problem = problemOf(error);
  const traceId = problem?.problem?.traceId;
  const isOurs = problem !== undefined && problem.status >= 500;
  return (
    <>
      {t(problemKey(problem?.code ?? 'unexpected'))}
      {isOurs && traceId !== undefined && <span className="trace"> {t('state.trace', { id: traceId })}</span>}
    </>
  );
}
