/**
 * Policy of a VPN gateway: desired state from truth, its difference to the actual state, and the dataplanes that read
 * and write it. Start at `desired-state.ts`, `diff-state.ts` and `dataplane.ts`.
 */
export { type Address, type AddressFamily, canonicalAddress, familyOf } from './address.ts';
export {
  type CapacityForecast,
  capacityForecast,
  capacityWarnings,
  type SlotUse,
} from './capacity-forecast.ts';
export { type Changes, countChanges, type DataplaneStep, isDelta, isEmpty, stepsOf } from './changes.ts';
export { type ClassId, classIdOfSlot, isShardCount, maxMinor } from './class-id.ts';
export type { Dataplane, OnStep } from './dataplane.ts';
export { deltaOf } from './delta-of.ts';
export { type DesiredState, desiredState } from './desired-state.ts';
export { isDeviceName } from './device-name.ts';
export { diffState } from './diff-state.ts';
export { type DriftEntry, driftOf } from './drift.ts';
export { focusOn } from './focus-on.ts';
export {
  createKernelDataplane,
  type KernelDataplaneOptions,
} from './kernel/kernel-dataplane.ts';
export { type NasDue, type NasQuestion, nasDue } from './nas/nas-due.ts';
export { nasMarkOf } from './nas/nas-mark.ts';
export { type NasPolicy, nasAttributesOf } from './nas/nas-profile.ts';
export type { NasDrift, NasReport } from './nas/nas-report.ts';
export { type NotifyNasOptions, notifyNas } from './nas/notify-nas.ts';
export type { NasAttribute } from './nas/radius-attribute.ts';
export { partsOf } from './parts-of.ts';
export type { ActualState, PolicyState, Scaffold } from './policy-state.ts';
export { createRecordedDataplane, type RecordedStore } from './recorded-dataplane.ts';
export { assertRemovalsExplained, type RemovalGuardOptions } from './removal-guard.ts';
export type { SnapshotProblem } from './snapshot-problem.ts';
export { type EndLostSessionsOptions, endLostSessions } from './spool/end-lost-sessions.ts';
export { type IngestSpoolOptions, ingestSpool } from './spool/ingest-spool.ts';
export { type ParsedEvent, parseEvent, type SpoolEvent } from './spool/spool-event.ts';
export type { SpoolReport } from './spool/spool-report.ts';
export { type WatchSpoolOptions, watchSpool } from './spool/watch-spool.ts';
export { digestOf, replaceDigest, type StateDigest } from './state-digest.ts';
export { formatTcRate, maxRateKbit, parseTcRate, type RateText } from './tc-rate.ts';
