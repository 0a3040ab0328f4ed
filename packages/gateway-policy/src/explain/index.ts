/** Looks at one client, or at what a machine keeps of its gateways, for people who ask. Nothing here changes anything. */
export type { Agreement, AnsweredSession, ClientAnswer, Found, Wanted } from './client-answer.ts';
export { type ExplainOptions, explainClient } from './explain-client.ts';
export { type GatewaySide, readGatewaySide, type SidePlace } from './gateway-side.ts';
export { dataplaneOf, isHere, type KernelLook, type LookingPlace, lookAtKernel } from './kernel-look.ts';
export {
  type GatewayLeftovers,
  gatewaysWithRuns,
  type Orphans,
  readGatewayLeftovers,
  readOrphans,
} from './leftovers.ts';
export type { NasSide } from './nas-side.ts';
export type { Effect, PolicyObject } from './session-part.ts';
export { readSpoolStanding, type SpoolStanding } from './spool-standing.ts';
