/** What else is not as it was: nobody decides about it here, but it may change what they decide. */
import type { Json } from '@holdfast/optimistic-client';
import type { ReactNode } from 'react';
import { Message } from '../../i18n/message.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordWords } from '../record-kind.ts';
import type { ConflictView } from './conflict-view.ts';

export function ContextChanges({
  view,
  words,
}: {
  readonly view: ConflictView;
  readonly words: RecordWords;
}): ReactNode {
  const text = useText();
  if (view.context.length === 0) return null;
  const show = (field: string, value: Json | undefined) => words.fields[field]?.show(value, text) ?? '';
  return (
    <section className="context">
      <h3>{text.t('conflict.context')}</h3>
      <ul>
        {view.context.map(({ field, before, now }) => (
          <li key={field}>
            <Message
              text="conflict.contextChange"
              values={{
                field: text.t(words.fields[field]?.label ?? 'value.none'),
                before: <del>{show(field, before)}</del>,
                now: <ins>{show(field, now)}</ins>,
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
