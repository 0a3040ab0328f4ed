/** A login on its way to truth, and what comes back. */
import type { SessionHeld } from '@holdfast/truth-db';
import type { NasGateway } from '../gateways.ts';
import type { Refusal } from '../policy/refusal.ts';
import type { ReplyAttribute } from '../policy/reply-plan.ts';
import type { RadiusRequest } from '../request/radius-request.ts';

export interface LoginJob {
  readonly reason: 'login' | 'post-auth';
  readonly request: RadiusRequest;
  readonly gateway: NasGateway;
  readonly sessionKey: string;
  /** Whether the password is that of a stored hash. The password itself goes no further; absent where it was checked before. */
  readonly isPasswordOf?: (hash: string) => boolean;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
}

export type LoginResult =
  | {
      readonly kind: 'accepted';
      readonly session: 'granted' | 'same-session' | 'taken-over';
      readonly vpnConnectionId: number;
      readonly attributes: readonly ReplyAttribute[];
    }
  | { readonly kind: 'refused'; readonly because: Refusal; readonly by?: SessionHeld };
