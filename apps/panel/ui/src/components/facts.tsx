/** Names and values, side by side as far as they fit. */
import type { ReactNode } from 'react';

export interface FactsProps {
  readonly of: readonly (readonly [name: string, value: ReactNode])[];
  /** Short values: more of them in a line. */
  readonly isDense?: boolean;
}

export function Facts({ of, isDense = false }: FactsProps): ReactNode {
  return (
    <dl className="facts" data-dense={isDense || undefined}>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
