/** Everything that somebody changed, side by side; on narrow screens each field is a card. */
import type { ReactNode } from 'react';
import { Status, type StatusKind } from '../../components/status.tsx';
import { Time } from '../../components/time.tsx';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordEditor } from '../record/record-editor.ts';
import { type RecordWords, rowLabel } from '../record-kind.ts';
import { ConflictChoice } from './conflict-choice.tsx';
import type { ConflictRow, ConflictView } from './conflict-view.ts';
import { ShownValues } from './shown-values.tsx';

export interface ConflictTableProps {
  readonly editor: RecordEditor;
  readonly view: ConflictView;
  readonly words: RecordWords;
  /** With what nobody changed. */
  readonly isAll: boolean;
}

const columns = ['field', 'base', 'theirs', 'mine', 'result'] as const;

const signs: Readonly<Record<ConflictRow['state'], StatusKind>> = {
  conflict: 'warn',
  'only-mine': 'info',
  'only-theirs': 'info',
  'both-same': 'good',
  combined: 'good',
  unchanged: 'off',
};

export function ConflictTable({ editor, view, words, isAll }: ConflictTableProps): ReactNode {
  const { t } = useText();
  const rows = isAll ? [...view.rows, ...view.others] : view.rows;
  if (rows.length === 0) return null;
  return (
    <table className="table comparison">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {t(`conflict.column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.name} {...{ editor, row, words }} isBusy={view.isBusy} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly editor: RecordEditor;
  readonly row: ConflictRow;
  readonly words: RecordWords;
  readonly isBusy: boolean;
}

function Row({ editor, row, words, isBusy }: RowProps): ReactNode {
  const text = useText();
  const { t } = text;
  const { fields, base, theirs, mine, result, state, by } = row;
  const values = { fields, words };
  return (
    <tr data-state={state}>
      <th scope="row">
        <div className="field-name">
          <span className="name">{t(rowLabel(words, row.name))}</span>
          <Status kind={signs[state]}>{t(`conflict.state.${state}`)}</Status>
        </div>
      </th>
      <td data-column={t('conflict.column.base')}>
        <ShownValues {...values} value={base} />
      </td>
      <td data-column={t('conflict.column.theirs')}>
        <ShownValues {...values} value={theirs} before={base} />
        {by !== undefined && (
          <span className="small soft by">
            <bdi>{by.name}</bdi>, <Time at={by.at} />
          </span>
        )}
      </td>
      <td data-column={t('conflict.column.mine')}>
        {state === 'conflict' ? (
          <ConflictChoice {...{ editor, row, words, isBusy }} />
        ) : (
          <ShownValues {...values} value={mine} before={base} />
        )}
      </td>
      <td data-column={t('conflict.column.result')} className="result">
        {result === undefined ? (
          <Status kind="warn">{t('conflict.undecided')}</Status>
        ) : (
          <ShownValues {...values} value={result} />
        )}
      </td>
    </tr>
  );
}
