/** What truth wants of one gateway: where and what. All of it comes from the same snapshot. */
import type { GatewayRow, SessionRow } from '@holdfast/truth-db';
import type { DesiredState } from '../index.ts';

export interface PolicyTarget {
  readonly gateway: GatewayRow;
  /** Of everybody; with `news`, of the connections that changed. */
  readonly state: DesiredState;
  readonly sessions: readonly SessionRow[];
  /** Of everybody. */
  readonly digest: string;
  /** What the sessions need that somebody waits for; the rest is left to a run that gave way and comes back. */
  readonly focus?: DesiredState;
  /** Present where the rest of the gateway is known to be as it should. */
  readonly news?: {
    readonly connections: readonly number[];
    /** What these had until now. */
    readonly before: DesiredState;
  };
}
