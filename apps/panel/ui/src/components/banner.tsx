/** A message that stands in the page as long as it is true. `isUrgent` is read out at once. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export interface BannerProps {
  readonly kind?: 'info' | 'good' | 'warn' | 'bad';
  readonly isUrgent?: boolean;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

const signs: Readonly<Record<NonNullable<BannerProps['kind']>, IconName>> = {
  info: 'info',
  good: 'check',
  warn: 'warning',
  bad: 'warning',
};

export function Banner({ kind = 'info', isUrgent = false, children, actions }: BannerProps): ReactNode {
  return (
    <div className="banner" data-kind={kind} role={isUrgent ? 'alert' : 'status'}>
      <Icon name={signs[kind]} />
      <div className="words">{children}</div>
      {actions}
    </div>
  );
}
