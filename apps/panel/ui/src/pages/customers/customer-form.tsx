/** The form of a customer: what is typed is kept by its editor, conflicts and drafts included; here stands what it looks like. */
import type { FormEvent, ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { EditStatus } from '../../edit/react/edit-status.tsx';
import type { OpenEditor } from '../../edit/react/workbench-context.tsx';
import { shownValue } from '../../edit/record/editor-state.ts';
import { controlOfValue, valueOfControl } from '../../edit/record/typed-value.ts';
import { useText } from '../../i18n/text-context.tsx';
import { customerRecord } from './customer-record.ts';

export function CustomerForm({ editor, state }: OpenEditor): ReactNode {
  const { t } = useText();
  const { typed, conflict, delivery } = state;
  const isConflict = conflict !== undefined && conflict.phase !== 'discarded';
  const [issue] = state.issues;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    editor.save();
  };
  return (
    <form className="form narrow" aria-label={t('customer.edit')} noValidate onSubmit={submit}>
      <TextField
        label={t('customer.email')}
        type="email"
        autoComplete="off"
        value={controlOfValue(shownValue(state).email)}
        onChange={({ target }) => editor.type({ email: valueOfControl('text', target.value) })}
        error={issue !== undefined && t(customerRecord.words.issues[issue.code] ?? 'field.notEmail')}
      />
      <EditStatus editor={editor} state={state} words={customerRecord.words} />
      <div className="row">
        <Button
          type="submit"
          kind="primary"
          isBusy={delivery === 'sending'}
          isOff={typed === undefined && !isConflict && delivery === 'idle'}
        >
          {t('edit.save')}
        </Button>
        <Button
          isOff={!isConflict && (typed === undefined || delivery !== 'idle')}
          onClick={() => editor.undoChanges()}
        >
          {t('edit.undo')}
        </Button>
      </div>
    </form>
  );
}
