/** What truth wants of one gateway: where and what. Both come from the same snapshot. */
import type { GatewayRow } from '@holdfast/truth-db';
import type { DesiredState } from '../index.ts';

export interface PolicyTarget {
  readonly gateway: GatewayRow;
  readonly state: DesiredState;
}
