/** What an event of a hook has done in truth. */
import type { RecordedTrigger } from '../trigger.ts';
import { decodeTime } from '../utc-time.ts';
import { describeHeld, type SessionHeld, type StoredLock } from './session-lock.ts';

export type HookOutcome =
  /** A session began, that nobody had told about. */
  | { readonly kind: 'started'; readonly triggers: readonly RecordedTrigger[] }
  /** The session is known; its gateway looks again, because of what was told, or because it is asked to. */
  | { readonly kind: 'completed'; readonly triggers: readonly RecordedTrigger[] }
  /** The session that is named has ended, or one address of it. */
  | { readonly kind: 'ended' | 'reduced'; readonly triggers: readonly RecordedTrigger[] }
  /** The end of a session that nobody holds: kept, in case that its start is still on its way. */
  | { readonly kind: 'remembered' }
  /** All of this was known. */
  | { readonly kind: 'unchanged' }
  /** The session that is named has ended, or another one of the connection or its address began after it. */
  | { readonly kind: 'late'; readonly because: 'ended' | 'superseded' }
  /** Nobody holds the session, and on this gateway RADIUS would have admitted it. */
  | { readonly kind: 'unadmitted' }
  /** Another gateway, or a client that came in by other means, has the session of the connection. */
  | { readonly kind: 'busy'; readonly by: SessionHeld; readonly until: number };

export function busyWith(lock: StoredLock): HookOutcome {
  return { kind: 'busy', by: describeHeld(lock), until: decodeTime(lock.expires_at) };
}
