/** What the live region of a conflict says. Pure. */
import type { Text } from '../../i18n/text.ts';
import type { EditorState } from '../record/editor-state.ts';

/** Not to be seen or heard; it makes the same words news again. */
const again = '\u200B';

export function conflictNews(text: Text, { said, conflict }: EditorState, conflicts: number): string {
  if (conflict === undefined || said === undefined) return '';
  const words = wordsOf(text, { said, conflict }, conflicts);
  return said.count % 2 === 0 ? words : `${words}${again}`;
}

function wordsOf(
  { t, plural }: Text,
  { said, conflict }: { readonly [Name in 'said' | 'conflict']: NonNullable<EditorState[Name]> },
  conflicts: number,
): string {
  if (conflict.phase === 'refreshing' || conflict.phase === 'sending') return t('conflict.said.applying');
  if (conflict.phase === 'waiting') return t('edit.status.waiting');
  const count = conflicts === 0 ? t('conflict.none') : plural('conflict.count', conflicts);
  switch (said.message) {
    case 'changed-again':
      return `${t('conflict.said.changed-again')} ${count}`;
    case 'deleted':
      return t('conflict.said.deleted');
    default:
      return count;
  }
}
