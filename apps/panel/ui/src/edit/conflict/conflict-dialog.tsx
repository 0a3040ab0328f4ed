/**
 * A conflict in front of its user: what they began with, what the server has, what they want, and what will come of it. Escape and
 * «Seguir editando» put it aside; nothing of it is lost by any way out, and nothing is sent but by its first button.
 */
import type { Conflict } from '@holdfast/optimistic-client';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Time } from '../../components/time.tsx';
import { Message } from '../../i18n/message.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordKind } from '../record-kind.ts';
import { ContextChanges } from './context-changes.tsx';
import './conflict.css';
import { conflictNews } from './conflict-news.ts';
import { ConflictProblemBanner } from './conflict-problem-banner.tsx';
import { ConflictTable } from './conflict-table.tsx';
import { type ConflictView, conflictView } from './conflict-view.ts';
import { DeletedRecord } from './deleted-record.tsx';

export interface ConflictDialogProps {
  readonly editor: RecordEditor;
  readonly conflict: Conflict;
  readonly kind: RecordKind;
}

export function ConflictDialog({ editor, conflict, kind }: ConflictDialogProps): ReactNode {
  const text = useText();
  const { t } = text;
  const [isAll, setAll] = useState(false);
  const allId = useId();
  const view = conflictView(editor.part, conflict, kind.words.context);
  const keep = () => editor.answerConflict('keep-editing');
  const applyByKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.ctrlKey && view.canApply) editor.answerConflict('apply');
  };
  return (
    <Dialog
      title={t(view.isDeleted ? kind.words.deletedTitle : kind.words.changedTitle)}
      size="wide"
      onClose={keep}
      news={conflictNews(text, editor.state, view.conflicts)}
      footer={<Answers editor={editor} view={view} onKeep={keep} />}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a short cut of what its first button does */}
      <div className="stack conflict" onKeyDown={applyByKey}>
        <Summary view={view} name={<bdi>{kind.name(conflict.base.value, conflict.record.id, text)}</bdi>} />
        <ConflictProblemBanner editor={editor} conflict={conflict} words={kind.words} />
        {view.isDeleted ? (
          <DeletedRecord view={view} words={kind.words} />
        ) : (
          <>
            <ConflictTable editor={editor} view={view} words={kind.words} isAll={isAll} />
            <ContextChanges view={view} words={kind.words} />
            <label className="check" htmlFor={allId}>
              <input
                id={allId}
                type="checkbox"
                checked={isAll}
                onChange={(event) => setAll(event.target.checked)}
              />
              {t('conflict.all')}
            </label>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Summary({ view, name }: { readonly view: ConflictView; readonly name: ReactNode }): ReactNode {
  const { t, plural } = useText();
  const { by, conflicts, versionsBehind, isDeleted, canMakeAnew } = view;
  if (isDeleted) {
    return (
      <p>
        <strong className="name">{name}:</strong>{' '}
        {t(canMakeAnew ? 'conflict.deletedHint' : 'conflict.deletedOnly')}
      </p>
    );
  }
  return (
    <div className="summary">
      <p>
        <strong className="name">{name}:</strong>{' '}
        {by === undefined ? (
          t('conflict.bySomebody')
        ) : (
          <Message text="conflict.by" values={{ name: by.name, when: <Time at={by.at} /> }} />
        )}{' '}
        {plural('conflict.behind', versionsBehind)}
      </p>
      <p className="soft small">
        {conflicts === 0 ? t('conflict.none') : `${plural('conflict.count', conflicts)}.`}{' '}
        {t('conflict.live')}
      </p>
    </div>
  );
}

function Answers({
  editor,
  view,
  onKeep,
}: {
  readonly editor: RecordEditor;
  readonly view: ConflictView;
  readonly onKeep: () => void;
}): ReactNode {
  const { t } = useText();
  const isSending = editor.state.conflict?.phase === 'sending';
  return (
    <>
      <Button kind="quiet" onClick={onKeep}>
        {t('conflict.keep')}
      </Button>
      <Button kind="danger" isOff={isSending} onClick={() => editor.answerConflict('discard')}>
        {t('conflict.discard')}
      </Button>
      {view.isDeleted ? (
        view.canMakeAnew && (
          <Button kind="primary" isBusy={view.isBusy} onClick={() => editor.restoreAsNew()}>
            {t('conflict.makeAnew')}
          </Button>
        )
      ) : (
        <Button kind="primary" isBusy={view.isBusy} onClick={() => editor.answerConflict('apply')}>
          {t('conflict.apply')}
        </Button>
      )}
    </>
  );
}
