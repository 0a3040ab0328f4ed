/** Who is logged in, for components. */
import type { Me } from '@holdfast/panel-client/schema';
import { useCallback, useSyncExternalStore } from 'react';
import { usePanel } from '../data/panel-context.tsx';
import type { Session } from './session-store.ts';

export function useSession(): Session {
  const { session } = usePanel();
  return useSyncExternalStore(session.subscribe, session.snapshot);
}

/** Only below the layout, where somebody is logged in, or was a moment ago and is asked for the password. */
export function useMe(): Me {
  const session = useSession();
  if (session.kind !== 'signed-in' && session.kind !== 'interrupted') throw new Error('nobody is logged in');
  return session.me;
}

/** @returns a function that resolves when somebody is logged in again; rejected with an AbortError when they leave */
export function useSignIn(): () => Promise<Me> {
  const { session } = usePanel();
  return useCallback(() => session.signIn(), [session]);
}
