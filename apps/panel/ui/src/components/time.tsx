/** A moment in the words of people, with the exact one in its title. It goes on by itself. */
import type { ReactNode } from 'react';
import { useText } from '../i18n/text-context.tsx';
import { useNow } from './use-now.ts';

export function Time({ at }: { readonly at: string }): ReactNode {
  const { formatRelative, formatTime } = useText();
  const nowMs = useNow();
  return (
    <time dateTime={at} title={formatTime(at)}>
      {formatRelative(at, nowMs)}
    </time>
  );
}
