/** What came of actions: they have no form to say it in, and their page may be another one by then. */
import { type ReactNode, useEffect } from 'react';
import { type Notice, useNotify } from '../../components/notices.tsx';
import type { Text } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import { type Notice as EditNotice, shownValue } from '../record/editor-state.ts';
import type { RecordEditor } from '../record/record-editor.ts';
import type { RecordKind } from '../record-kind.ts';
import { NoticeText } from './notice-text.tsx';
import { useOpenWorkbench, useWorkbench } from './workbench-context.tsx';

export function ActionNotices(): ReactNode {
  const bench = useWorkbench();
  const { kinds } = useOpenWorkbench();
  const notify = useNotify();
  const text = useText();
  const telling = bench.actions.filter(({ state }) => state.notice !== undefined);
  const tell = (editor: RecordEditor) => {
    const { notice, record } = editor.state;
    const kind = kinds.find((one) => one.kind === record.kind);
    if (notice !== undefined && kind !== undefined) notify(shownNotice(editor, notice, { kind, text }));
  };
  useEffect(() => {
    for (const editor of telling) {
      tell(editor);
      editor.dismiss('notice');
    }
  });
  return null;
}

function shownNotice(
  editor: RecordEditor,
  notice: EditNotice,
  { kind, text }: { readonly kind: RecordKind; readonly text: Text },
): Notice {
  const { state } = editor;
  const name = kind.name(shownValue(state), state.record.id, text);
  const undo = { label: text.t('edit.undoDiscard'), run: () => void editor.undoDiscard() };
  return {
    kind: noticeKinds[notice.kind] ?? 'good',
    ...(notice.kind === 'discarded' && { action: undo }),
    text: (
      <>
        <bdi>{name}</bdi>: <NoticeText notice={notice} words={kind.words} />
      </>
    ),
  };
}

const noticeKinds: { readonly [kind in EditNotice['kind']]?: Notice['kind'] } = {
  refused: 'bad',
  'once-lost': 'bad',
  discarded: 'info',
  dropped: 'info',
};
