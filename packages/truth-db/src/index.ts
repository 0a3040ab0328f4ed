/** Truth in SQL: what should be, and who asked for it. Nothing here decides or touches a dataplane. */
export {
  type ConnectionChange,
  type ConnectionRequest,
  changeConnection,
  transitConnection,
} from './connection/change-connection.ts';
export { type Claim, claimConnection, transitByToken } from './connection/claim-connection.ts';
export { type ConnectionState, type Phase, phaseOf, phases } from './connection/connection-state.ts';
export {
  type ConnectionRate,
  type RenewRadiusSecret,
  renewRadiusSecret,
  setRate,
} from './connection/edit-connection.ts';
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
export { type DemoClient, type DemoLogins, renewDemoLogins } from './demo-logins.ts';
export { type DemoNas, setDemoNas } from './demo-nas.ts';
export { type EngineSql, engineSql } from './engine-sql.ts';
export { isGatewayName } from './gateway-name.ts';
export type { ConnectionStatus, GatewayRow, GatewaySnapshot, SessionRow } from './gateway-snapshot.ts';
export {
  addGateway,
  type NewGateway,
  type PolicyRun,
  publishRun,
  readCovered,
  readGatewayNames,
  unknownGateway,
} from './gateways.ts';
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
export { disconnectedMark } from './nas/disconnected-mark.ts';
export { type NasesHeard, storeNasSilences } from './nas/nas-silences.ts';
export type {
  EndedNasSession,
  NasAnswered,
  NasGateway,
  NasSession,
  NasSilence,
  NasSnapshot,
  NasSubject,
} from './nas/nas-snapshot.ts';
export { type ReadNasSnapshot, readNasSnapshot } from './nas/read-nas-snapshot.ts';
export {
  type NasAnswersSettled,
  type NasSettlement,
  recordNasApplied,
  type SettleNasAnswers,
  settleNasAnswers,
} from './nas/settle-nas-answers.ts';
export { type OpenTruthOptions, openTruth } from './open-truth.ts';
export {
  createPasswordHasher,
  noPassword,
  type PasswordHasher,
  type PasswordHasherOptions,
  type Verification,
} from './password/password-hasher.ts';
export { type PruneTriggersOptions, pruneTriggers } from './prune-triggers.ts';
export {
  findRadiusLogin,
  findRadiusLogins,
  type RadiusCredentials,
  type RadiusLogin,
} from './radius-login.ts';
export { hashRadiusSecret, isRadiusSecretOf, newRadiusSecret } from './radius-secret.ts';
export {
  countConnectionsInNews,
  type GatewayNews,
  type LastRun,
  readGatewayNews,
} from './read-gateway-news.ts';
export { readGatewaySnapshot } from './read-gateway-snapshot.ts';
export {
  type Access,
  accessOf,
  restrictedEffective,
  type Standing,
  whyRefused,
} from './restricted-effective.ts';
export { overtaken } from './row-version.ts';
export { type SeedDemoOptions, seedDemo } from './seed-demo.ts';
export { acquireSession } from './session/acquire-session.ts';
export { acquireSessions } from './session/acquire-sessions.ts';
export { confirmSession, type SessionConfirmed, type SessionStarted } from './session/confirm-session.ts';
export { type DisownedSession, disownSession, type SessionDisowned } from './session/disown-session.ts';
export {
  type ExpireSessions,
  expireSessions,
  type ReleaseNasSessions,
  releaseNasSessions,
  type SessionsEnded,
} from './session/end-sessions.ts';
export { extendSession, type SessionAlive, type SessionExtended } from './session/extend-session.ts';
export { type EndEarlierBoots, endEarlierBoots } from './session/hook-boot.ts';
export { lockConnectionsOfUsers } from './session/hook-connections.ts';
export { reportSessionDown } from './session/hook-down.ts';
export type { HookDown, HookEvent, HookUp } from './session/hook-event.ts';
export type { HookOutcome } from './session/hook-outcome.ts';
export { reportSessionUp } from './session/hook-up.ts';
export { findSession, type ListedSession, type ListSessions, listSessions } from './session/list-sessions.ts';
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
export type { SessionAnswer, SessionGrant, SessionRequest } from './session/session-answer.ts';
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
export { type Statement, statement } from './statement-text.ts';
export type {
  ClientStory,
  GatewayStanding,
  StoryConnection,
  StoryCustomer,
  StoryEnded,
  StorySession,
  StoryTrigger,
} from './story/client-story.ts';
export { type DatabaseFacts, proveWrite, readDatabaseFacts } from './story/database-facts.ts';
export type { ClientQuestion, FoundBy } from './story/find-connections.ts';
export { readGatewayStandings } from './story/gateway-standings.ts';
export { type ClientStories, gatewayOfStory, readClientStories } from './story/read-client-stories.ts';
export type {
  CustomerStatus,
  NasDisconnect,
  NasProfile,
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
  readNewestTrigger,
  recordTrigger,
  recordTriggers,
  type Trigger,
} from './trigger.ts';
export { Truth, type TruthTransaction } from './truth.ts';
export type { TruthDialect } from './truth-dialect.ts';
export { decodeTime, encodeTime, type Moment, type UtcTime } from './utc-time.ts';
