/** The form of a connection: what is typed is kept by its editor, here stands what it looks like. */
import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import { Button } from '../../components/button.tsx';
import { TextField, type TextFieldProps } from '../../components/field.tsx';
import { Section } from '../../components/section.tsx';
import { EditStatus } from '../../edit/react/edit-status.tsx';
import type { OpenEditor } from '../../edit/react/workbench-context.tsx';
import { shownValue } from '../../edit/record/editor-state.ts';
import { controlOfValue, valueOfControl } from '../../edit/record/typed-value.ts';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { labelLength, leastKbit, mostKbit } from './connection-part.ts';
import { connectionRecord } from './connection-record.ts';

export function ConnectionForm({ editor, state }: OpenEditor): ReactNode {
  const { t } = useText();
  const isAdmin = useMe().role === 'admin';
  const form = useFocusOnIssue(state.issues);
  const { typed, conflict, delivery, pending } = state;
  const isConflict = conflict !== undefined && conflict.phase !== 'discarded';
  const isClosed = !isAdmin && pending?.server.value.status === 'DISABLED';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isClosed) editor.save();
  };
  return (
    <Section title={t('connection.edit')}>
      <form
        ref={form}
        className="form connection-form"
        aria-label={t('connection.edit')}
        noValidate
        onSubmit={submit}
      >
        {isClosed && <p>{t('connection.disabledForOwner')}</p>}
        <EditorField
          {...{ editor, state }}
          name="label"
          hint={t('connection.labelHint', { n: labelLength })}
          readOnly={isClosed}
        />
        {isAdmin && (
          <div className="pair">
            {['down_kbit', 'up_kbit'].map((name) => (
              <EditorField
                key={name}
                {...{ editor, state, name }}
                hint={t('connection.rateHint', { least: leastKbit, most: mostKbit })}
              />
            ))}
          </div>
        )}
        <EditStatus editor={editor} state={state} words={connectionRecord.words} />
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
    </Section>
  );
}

interface EditorFieldProps extends OpenEditor {
  readonly name: string;
  readonly hint: ReactNode;
  readonly readOnly?: boolean;
}

function EditorField({ editor, state, name, hint, readOnly = false }: EditorFieldProps): ReactNode {
  const { t } = useText();
  const { fields, issues } = connectionRecord.words;
  const known = fields[name];
  const kind = known?.control ?? 'text';
  const issue = state.issues.find(({ path }) => path === `/${name}`);
  const input: Partial<TextFieldProps> = kind === 'number' ? { inputMode: 'numeric', dir: 'ltr' } : {};
  return (
    <TextField
      {...input}
      label={known === undefined ? name : t(known.label)}
      hint={hint}
      error={issue && t(issues[issue.code] ?? 'connection.issue.other')}
      autoComplete="off"
      readOnly={readOnly}
      value={controlOfValue(shownValue(state)[name])}
      onChange={({ target }) => editor.type({ [name]: valueOfControl(kind, target.value) })}
    />
  );
}

/** Whoever has just pressed «Guardar» is led to the first thing that is wrong. */
function useFocusOnIssue(issues: readonly unknown[]) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (issues.length === 0 || !form.current?.contains(document.activeElement)) return;
    form.current.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [issues]);
  return form;
}
