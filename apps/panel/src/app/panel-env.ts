/** What a request of the panel carries while it is answered. */
import type { PanelViewer } from '@holdfast/mutations';

/** Who is logged in, as their access token says and the store of logins confirms. */
export interface Identity {
  /** `a1` or `c5`: the principal of its mutations. */
  readonly principal: string;
  /** E-mail address, or the name of an admin: what others read in the log of changes. */
  readonly name: string;
  readonly viewer: PanelViewer;
  /** The login that the token belongs to. */
  readonly familyId: string;
  readonly generation: number;
}

export interface PanelEnv {
  Variables: {
    /** Under which the log has the request. */
    traceId: string;
    /** Set on every path below /v1 but the public ones (`public-routes.ts`). */
    identity: Identity;
  };
}
