/** Logging out, which may be refused by somebody with unsaved work, and may fail: then the session still stands, and it is said. */
import { useState } from 'react';
import { useNotify } from '../components/notices.tsx';
import { usePanel } from '../data/panel-context.tsx';
import { problemKey, problemOf } from '../data/problem.ts';
import { useText } from '../i18n/text-context.tsx';

export function useSignOut(): { readonly isLeaving: boolean; readonly signOut: () => void } {
  const { session, queries } = usePanel();
  const { t } = useText();
  const notify = useNotify();
  const [isLeaving, setLeaving] = useState(false);
  const leave = async () => {
    setLeaving(true);
    try {
      if (await session.logout()) queries.clear();
    } catch (error) {
      notify({ kind: 'bad', text: t(problemKey(problemOf(error)?.code ?? 'unexpected')) });
    } finally {
      setLeaving(false);
    }
  };
  return { isLeaving, signOut: () => void leave() };
}
