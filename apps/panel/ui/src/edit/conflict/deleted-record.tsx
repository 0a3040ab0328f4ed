/** What was typed for a record that is gone, to be taken along. */
import type { ReactNode } from 'react';
import { CopyValue } from '../../components/copy-value.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordWords } from '../record-kind.ts';
import type { ConflictView } from './conflict-view.ts';

export interface DeletedRecordProps {
  readonly view: ConflictView;
  readonly words: RecordWords;
}

export function DeletedRecord({ view, words }: DeletedRecordProps): ReactNode {
  const text = useText();
  const changed = view.rows.flatMap(({ fields, mine }) =>
    fields.map((field) => ({ field, value: mine[field] })),
  );
  return changed.map(({ field, value }) => {
    const known = words.fields[field];
    const label = known === undefined ? field : text.t(known.label);
    const shown = known?.show(value, text) ?? '';
    return <CopyValue key={field} label={text.t('conflict.mineOf', { field: label })} value={shown} />;
  });
}
