/** A word in a colour, with a sign of its own shape: nobody has to tell colours apart. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export type StatusKind = 'good' | 'warn' | 'bad' | 'info' | 'off';

const signs: Readonly<Record<StatusKind, IconName>> = {
  good: 'check',
  warn: 'warning',
  bad: 'cross',
  info: 'dot',
  off: 'ring',
};

export function Status({
  kind,
  children,
}: {
  readonly kind: StatusKind;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span className="status" data-kind={kind}>
      <Icon name={signs[kind]} />
      <span>{children}</span>
    </span>
  );
}
