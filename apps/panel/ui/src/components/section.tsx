/** A card with a heading, which is its name. */
import { type ReactNode, useId } from 'react';

export interface SectionProps {
  readonly title: ReactNode;
  /** Beside the heading, in small letters. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, aside, children }: SectionProps): ReactNode {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div className="stack">{children}</div>
    </section>
  );
}
