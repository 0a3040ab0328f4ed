/** The values of one row on one side, each under its name where the row is a group. What people typed is isolated. */
import type { JsonObject } from '@holdfast/optimistic-client';
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';
import type { RecordWords } from '../record-kind.ts';

export interface ShownValuesProps {
  readonly fields: readonly string[];
  readonly value: JsonObject;
  readonly words: RecordWords;
  /** What it is compared with: a value that is another one is marked. */
  readonly before?: JsonObject;
}

export function ShownValues({ fields, value, words, before }: ShownValuesProps): ReactNode {
  const text = useText();
  const isGroup = fields.length > 1;
  return fields.map((field) => {
    const known = words.fields[field];
    const show = (side: JsonObject) => known?.show(side[field], text) ?? String(side[field] ?? '');
    const isOther = before !== undefined && show(before) !== show(value);
    return (
      <span key={field} className="value">
        {isGroup && known !== undefined && (
          <span className="small soft">{text.t(known.short ?? known.label)} </span>
        )}
        <bdi className="whole">{isOther ? <ins>{show(value)}</ins> : show(value)}</bdi>
      </span>
    );
  });
}
