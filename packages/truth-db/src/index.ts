/** Truth in SQL: what should be, and who asked for it. Nothing here decides or touches a dataplane. */
export {
  type ConnectionChange,
  type ConnectionRequest,
  changeConnection,
  transitConnection,
} from './connection/change-connection.ts';
export { type Claim, claimConnection, transitByToken } from './connection/claim-connection.ts';
export { type ConnectionState, type Phase, phaseOf, phases } from './connection/connection-state.ts';
export { type ConnectionRate, renewRadiusSecret, setRate } from './connection/edit-connection.ts';
export { type Circumstances, type Decision, decide, tighten } from './connection/lifecycle.ts';
export { type NewConnection, provisionConnection } from './connection/provision-connection.ts';
export { reasonsByStrength, type SettableReason } from './connection/restriction.ts';
export { applyTimeRules, type TimeRulesOptions, type TimeRulesResult } from './connection/time-rules.ts';
export {
  type Cell,
  type ClockEvent,
  type ConnectionEvent,
  type Need,
  refusalOf,
  transitions,
} from './connection/transitions.ts';
export { type Authentication, authenticateCustomer } from './customer/authenticate-customer.ts';
export {
  type CustomerChange,
  type CustomerRequest,
  changeCustomer,
  transitCustomer,
} from './customer/change-customer.ts';
export { type CustomerEvent, customerTransitions } from './customer/customer-lifecycle.ts';
export { normalizeEmail } from './customer/email-address.ts';
export {
  addCustomer,
  type NewCustomer,
  type NewPassword,
  registerCustomer,
  setPassword,
} from './customer/register-customer.ts';
export { isGatewayName } from './gateway-name.ts';
export type { ConnectionStatus, GatewayRow, GatewaySnapshot, SessionRow } from './gateway-snapshot.ts';
export { addGateway, type NewGateway, type PolicyRun, publishRun, readCovered } from './gateways.ts';
export {
  assertSchema,
  type MigrateOptions,
  type MigrateResult,
  migrate,
  type RollbackOptions,
  rollback,
  type SchemaStatus,
  schemaStatus,
} from './migrate.ts';
export { type OpenTruthOptions, openTruth } from './open-truth.ts';
export {
  createPasswordHasher,
  noPassword,
  type PasswordHasher,
  type PasswordHasherOptions,
  type Verification,
} from './password/password-hasher.ts';
export { type PruneTriggersOptions, pruneTriggers } from './prune-triggers.ts';
export { hashRadiusSecret, isRadiusSecretOf, newRadiusSecret } from './radius-secret.ts';
export { readGatewaySnapshot } from './read-gateway-snapshot.ts';
export { type Access, accessOf, restrictedEffective, type Standing } from './restricted-effective.ts';
export { type SeedDemoOptions, seedDemo } from './seed-demo.ts';
export {
  acquireSession,
  type SessionAnswer,
  type SessionGrant,
  type SessionRequest,
} from './session/acquire-session.ts';
export { confirmSession, type SessionConfirmed, type SessionStarted } from './session/confirm-session.ts';
export {
  type ExpireSessions,
  expireSessions,
  type ReleaseNasSessions,
  releaseNasSessions,
  type SessionsEnded,
} from './session/end-sessions.ts';
export { extendSession, type SessionAlive, type SessionExtended } from './session/extend-session.ts';
export {
  type PendingReleased,
  type ReleasedByHand,
  releasePendingSession,
  releaseSession,
  releaseSessionByHand,
  type SessionReleased,
  type SessionStopped,
} from './session/release-session.ts';
export { pruneReleasedSessions } from './session/released-sessions.ts';
export type { NotHolder, SessionHolder } from './session/session-holder.ts';
export { type SessionIdentity, sessionKeyOf } from './session/session-key.ts';
export type { SessionHeld } from './session/session-lock.ts';
export { endSession, type SessionEnd, type SessionStart, startSession } from './session/start-session.ts';
export {
  lowestFreeSlot,
  placeOf,
  type SessionAddress,
  shardOf,
  slotFor,
  slotsPerShard,
} from './shaping-slot.ts';
export { sqlBoolean } from './sql-boolean.ts';
export type {
  CustomerStatus,
  RestrictedReason,
  RunOutcome,
  SqlBoolean,
  TruthTables,
} from './tables.ts';
export { gatewaysHolding, tellGateways } from './tell-gateways.ts';
export { hashToken, isTokenOf, newToken } from './token.ts';
export {
  changeWithTrigger,
  type RecordedTrigger,
  recordTrigger,
  recordTriggers,
  type Trigger,
} from './trigger.ts';
export { Truth, type TruthTransaction } from './truth.ts';
export type { TruthDialect } from './truth-dialect.ts';
export { decodeTime, encodeTime, type Moment, type UtcTime } from './utc-time.ts';
