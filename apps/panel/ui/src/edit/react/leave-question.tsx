/** Asked before somebody logs out who has not finished: whether this browser keeps what they typed. */
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { usePanel } from '../../data/panel-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useOpenWorkbench } from './workbench-context.tsx';

type Answer = 'keep' | 'purge' | 'stay';

export function LeaveQuestion(): ReactNode {
  const { t, plural } = useText();
  const { session } = usePanel();
  const { bench, isVolatile } = useOpenWorkbench();
  const [question, setQuestion] = useState<PromiseWithResolvers<Answer>>();
  useEffect(
    () =>
      session.guardSignOut(async () => {
        if (bench.unfinished.length === 0) return true;
        const asked = Promise.withResolvers<Answer>();
        setQuestion(asked);
        const answer = await asked.promise;
        setQuestion(undefined);
        if (answer !== 'stay') await bench.close(answer);
        return answer !== 'stay';
      }),
    [session, bench],
  );
  if (question === undefined) return null;
  const answer = (given: Answer) => () => question.resolve(given);
  return (
    <Dialog
      title={t('edit.leave.title')}
      onClose={answer('stay')}
      footer={
        <>
          <Button onClick={answer('stay')}>{t('edit.leave.stay')}</Button>
          <Button kind="danger" onClick={answer('purge')}>
            {t('edit.leave.purge')}
          </Button>
          {!isVolatile && (
            <Button kind="primary" onClick={answer('keep')}>
              {t('edit.leave.keep')}
            </Button>
          )}
        </>
      }
    >
      <p>{plural('edit.leave.count', bench.unfinished.length)}</p>
      {!isVolatile && <p className="soft">{t('edit.leave.hint')}</p>}
    </Dialog>
  );
}
