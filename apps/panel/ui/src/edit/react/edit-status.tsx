/** What an editor has to say beside its form: how a save goes, what others did, what can be had back. One live region for all. */
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { type EditorState, hasNewerVersion } from '../record/editor-state.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordWords } from '../record-kind.ts';
import { NoticeText } from './notice-text.tsx';
import { useOpenWorkbench } from './workbench-context.tsx';

export interface EditStatusProps {
  readonly editor: RecordEditor;
  readonly state: EditorState;
  readonly words: RecordWords;
}

export function EditStatus(props: EditStatusProps): ReactNode {
  const { draftsElsewhere } = props.state;
  const { plural } = useText();
  return (
    <div className="edit-status" role="status">
      <Progress {...props} />
      <News {...props} />
      {draftsElsewhere > 0 && <p className="small soft">{plural('edit.elsewhere', draftsElsewhere)}</p>}
    </div>
  );
}

/** What is on its way, or waits. */
function Progress({ editor, state }: EditStatusProps): ReactNode {
  const { t } = useText();
  const { delivery, conflict } = state;
  const phase = conflict?.phase === 'discarded' ? undefined : conflict?.phase;
  const retry = (
    <Button size="small" onClick={() => editor.retryNow()}>
      {t('edit.retry')}
    </Button>
  );
  if (phase === 'choosing') {
    return (
      <Line kind="warn" words={t('edit.status.conflict')}>
        <Button size="small" onClick={() => editor.answerConflict('reopen')}>
          {t('edit.review')}
        </Button>
      </Line>
    );
  }
  const stand = phase ?? delivery;
  switch (stand) {
    case 'refreshing':
    case 'sending':
      return <Line words={t('edit.status.sending')} />;
    case 'waiting':
    case 'signed-out':
      return (
        <Line kind="warn" words={t(`edit.status.${stand}`)}>
          {retry}
        </Line>
      );
    case 'stuck':
      return (
        <Line kind="bad" words={t('edit.status.stuck')}>
          {retry}
          <Button size="small" onClick={() => editor.giveUpSending()}>
            {t('edit.giveUp')}
          </Button>
        </Line>
      );
    default:
      return null;
  }
}

/** What has happened. */
function News({ editor, state, words }: EditStatusProps): ReactNode {
  const { t } = useText();
  const { isVolatile } = useOpenWorkbench();
  const { notice, typed, canUndoDiscard } = state;
  const undo = canUndoDiscard && (
    <Button size="small" onClick={() => void editor.undoDiscard()}>
      {t('edit.undoDiscard')}
    </Button>
  );
  const kind =
    notice?.kind === 'refused'
      ? 'bad'
      : notice?.kind === 'saved' || notice?.kind === 'landed'
        ? 'good'
        : 'info';
  return (
    <>
      {hasNewerVersion(state) && <Line kind="warn" words={t('edit.status.newer')} />}
      {notice !== undefined && (
        <Line kind={kind} words={<NoticeText notice={notice} words={words} />}>
          {undo}
        </Line>
      )}
      {notice === undefined && undo !== false && <Line words={t('edit.notice.discarded')}>{undo}</Line>}
      {notice === undefined && typed !== undefined && (
        <p className="small soft">{t(isVolatile ? 'edit.status.dirtyVolatile' : 'edit.status.dirty')}</p>
      )}
    </>
  );
}

function Line({
  kind = 'info',
  words,
  children,
}: {
  readonly kind?: 'info' | 'good' | 'warn' | 'bad';
  readonly words: ReactNode;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="banner" data-kind={kind}>
      <Icon name={kind === 'good' ? 'check' : kind === 'info' ? 'info' : 'warning'} />
      <div className="words">{words}</div>
      {children}
    </div>
  );
}
