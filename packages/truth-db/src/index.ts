/** Truth in SQL: what should be, and who asked for it. Nothing here decides or touches a dataplane. */
export {
  type ConnectionRate,
  hashToken,
  type NewConnection,
  provisionConnection,
  setRate,
  setRestriction,
} from './connection.ts';
export { isGatewayName } from './gateway-name.ts';
export type { ConnectionStatus, GatewayRow, GatewaySnapshot, SessionRow } from './gateway-snapshot.ts';
export { addGateway, type NewGateway, type PolicyRun, publishRun, readCovered } from './gateways.ts';
export {
  assertSchema,
  type MigrateOptions,
  type MigrateResult,
  migrate,
  type SchemaStatus,
  schemaStatus,
} from './migrate.ts';
export { type OpenTruthOptions, openTruth } from './open-truth.ts';
export { readGatewaySnapshot } from './read-gateway-snapshot.ts';
export { restrictedEffective } from './restricted-effective.ts';
export { type SeedDemoOptions, seedDemo } from './seed-demo.ts';
export { endSession, type SessionEnd, type SessionStart, startSession } from './session.ts';
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
export { changeWithTrigger, recordTrigger, type Trigger } from './trigger.ts';
export { Truth, type TruthTransaction } from './truth.ts';
export type { TruthDialect } from './truth-dialect.ts';
export { decodeTime, encodeTime, type Moment, type UtcTime } from './utc-time.ts';
