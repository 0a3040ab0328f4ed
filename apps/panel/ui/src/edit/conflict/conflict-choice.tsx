/** What becomes of one field in conflict: one of the three values, or another one that is typed here, which is mine then. */
import type { ReactNode } from 'react';
import { TextField } from '../../components/field.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordEditor } from '../record/record-editor.ts';
import { controlOfValue, valueOfControl } from '../record/typed-value.ts';
import { type RecordWords, rowLabel } from '../record-kind.ts';
import type { ConflictRow, Side } from './conflict-view.ts';
import { ShownValues } from './shown-values.tsx';

export interface ConflictChoiceProps {
  readonly editor: RecordEditor;
  readonly row: ConflictRow;
  readonly words: RecordWords;
  readonly isBusy: boolean;
}

const sides: readonly Side[] = ['mine', 'theirs', 'base'];

export function ConflictChoice({ editor, row, words, isBusy }: ConflictChoiceProps): ReactNode {
  const { t } = useText();
  const { name, fields, edited, issues } = row;
  const type = (field: string, typed: string) => {
    const value = valueOfControl(words.fields[field]?.control ?? 'text', typed);
    editor.decide(name, { kind: 'edited', value: { ...edited, [field]: value } });
  };
  return (
    <fieldset className="choice">
      <legend className="unseen">{t(rowLabel(words, name))}</legend>
      {fields
        .filter((field) => words.fields[field]?.control !== undefined)
        .map((field) => {
          const issue = issues.find(({ path }) => path === `/${field}`);
          const label = words.fields[field]?.label;
          return (
            <TextField
              key={field}
              label={
                <>
                  <span className="unseen">
                    {t('conflict.mineOf', { field: label === undefined ? field : t(label) })}
                  </span>
                  {fields.length > 1 && label !== undefined && (
                    <span aria-hidden="true">{t(words.fields[field]?.short ?? label)}</span>
                  )}
                </>
              }
              readOnly={isBusy}
              inputMode={words.fields[field]?.control === 'number' ? 'numeric' : 'text'}
              value={controlOfValue(edited[field])}
              error={issue && t(words.issues[issue.code] ?? words.issues.other ?? 'problem.invalid')}
              onChange={(event) => type(field, event.target.value)}
            />
          );
        })}
      <div className="sides">
        {sides.map((side) => (
          <label key={side} className="check">
            <input
              type="radio"
              name={`conflict-${name}`}
              checked={row.side === side}
              disabled={!row.canChoose[side] && row.side !== side}
              onChange={() => {
                if (!isBusy) editor.decide(name, { kind: side });
              }}
            />
            <span>
              {t(`conflict.side.${side}`)}{' '}
              <span className="soft">
                <ShownValues fields={fields} value={side === 'mine' ? edited : row[side]} words={words} />
              </span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
