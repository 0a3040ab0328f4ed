/** Looks at one client, or at what a machine keeps of its gateways, for people who ask. Nothing here changes anything. */

export { policyScope } from '../command/policy-trigger.ts';
export type { Agreement, AnsweredSession, ClientAnswer, Found, Wanted } from './client-answer.ts';
export { type ExplainOptions, explainClient } from './explain-client.ts';
export {
  type GatewaySide,
  readGatewaySide,
  readLastRuns,
  type SidePlace,
  whoHasGateway,
} from './gateway-side.ts';
export {
  type GatewayStanding,
  type StandingLock,
  type StandingParty,
  type StandingRun,
  standingLock,
  standingRuns,
} from './gateway-standing.ts';
export { type KernelDocument, kernelDocument } from './kernel-document.ts';
export { dataplaneOf, isHere, type KernelLook, type LookingPlace, lookAtKernel } from './kernel-look.ts';
export {
  type GatewayLeftovers,
  gatewaysWithRuns,
  type Orphans,
  readGatewayLeftovers,
  readOrphans,
} from './leftovers.ts';
export { type GatewayLook, type GatewayLookOptions, lookAtGateway } from './look-at-gateway.ts';
export type { NasSide } from './nas-side.ts';
export { remembered } from './remembered.ts';
export type { Effect, PolicyObject } from './session-part.ts';
export { readSpoolStanding, type SpoolStanding } from './spool-standing.ts';
