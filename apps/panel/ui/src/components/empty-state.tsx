/** What is said where there is nothing, and what can be done about it. */
import type { ReactNode } from 'react';

export interface EmptyStateProps {
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

export function EmptyState({ title, children, actions }: EmptyStateProps): ReactNode {
  return (
    <div className="empty">
      <p className="title">{title}</p>
      {children}
      {actions}
    </div>
  );
}
