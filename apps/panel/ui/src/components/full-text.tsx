/**
 * A text that somebody typed: kept apart from the words around it whatever marks of direction it carries, cut where it does not
 * fit, and whole in its title up to what a tooltip can hold.
 */
import type { ReactNode } from 'react';

const longestTitle = 1_000;

export function FullText({ children }: { readonly children: string }): ReactNode {
  return (
    <bdi className="clip" title={children.length > 24 ? children.slice(0, longestTitle) : undefined}>
      {children}
    </bdi>
  );
}
