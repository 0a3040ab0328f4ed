/** Everything of this tab that is not done: typed, on its way, or in conflict, on whatever page it was. */
import { type ReactNode, useId, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../../components/button.tsx';
import { FullText } from '../../components/full-text.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { markOf, shownValue } from '../record/editor-state.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import { MarkStatus } from './mark-status.tsx';
import { useOpenWorkbench, useWorkbench } from './workbench-context.tsx';

export function PendingTray(): ReactNode {
  const { t } = useText();
  const listId = useId();
  const [isOpen, setOpen] = useState(false);
  const { unfinished } = useWorkbench();
  if (unfinished.length === 0) return null;
  return (
    <div className="tray">
      <Button
        size="small"
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setOpen((before) => !before)}
      >
        {t('edit.tray', { n: unfinished.length })}
      </Button>
      <ul id={listId} className="tray-list" hidden={!isOpen}>
        {unfinished.map((editor) => (
          <Entry
            key={`${editor.part.name} ${editor.record.id}`}
            editor={editor}
            onGo={() => setOpen(false)}
          />
        ))}
      </ul>
    </div>
  );
}

function Entry({ editor, onGo }: { readonly editor: RecordEditor; readonly onGo: () => void }): ReactNode {
  const text = useText();
  const { bench, kinds } = useOpenWorkbench();
  const [, go] = useLocation();
  const { state, record } = editor;
  const kind = kinds.find((one) => one.kind === record.kind);
  const mark = markOf(state);
  if (kind === undefined) return null;
  const resolve = () => {
    onGo();
    go(kind.href(record.id));
    bench.want(editor);
  };
  return (
    <li>
      <Link href={kind.href(record.id)} onClick={onGo}>
        <FullText>{kind.name(shownValue(state), record.id, text)}</FullText>
      </Link>
      {mark !== undefined && <MarkStatus mark={mark} />}
      {mark === 'conflict' && (
        <Button size="small" onClick={resolve}>
          {text.t('edit.tray.resolve')}
        </Button>
      )}
    </li>
  );
}
