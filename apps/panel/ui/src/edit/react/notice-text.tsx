/** What an editor has to say, in words. */
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';
import type { TextKey } from '../../i18n/texts.ts';
import type { Notice } from '../record/editor-state.ts';
import type { RecordWords } from '../record-kind.ts';
import { refusalKey } from '../refusal-key.ts';

export interface NoticeTextProps {
  readonly notice: Notice;
  readonly words: RecordWords;
}

export function NoticeText({ notice, words }: NoticeTextProps): ReactNode {
  const { template } = useText();
  return template(keyOf(notice, words));
}

function keyOf(notice: Notice, words: RecordWords): TextKey {
  switch (notice.kind) {
    case 'restored':
      return notice.mustRetype ? 'edit.notice.restoredWithoutSecret' : 'edit.notice.restored';
    case 'dropped':
      return notice.because === 'schema' ? 'edit.notice.droppedSchema' : 'edit.notice.droppedExpired';
    case 'refused':
      return refusalKey(notice.answer, words);
    case 'saved':
      return words.done(notice.patch) ?? 'edit.notice.saved';
    case 'once-lost':
      return 'edit.once.lost';
    case 'made-anew':
      return 'edit.notice.madeAnew';
    default:
      return `edit.notice.${notice.kind}`;
  }
}
