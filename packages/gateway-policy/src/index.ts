/**
 * Policy of a VPN gateway: desired state from truth, its difference to the actual state, and the dataplanes that read
 * and write it. Start at `desired-state.ts`, `diff-state.ts` and `dataplane.ts`.
 */
export { type Address, type AddressFamily, canonicalAddress, familyOf } from './address.ts';
export { type Changes, countChanges, type DataplaneStep, isEmpty, stepsOf } from './changes.ts';
export { type ClassId, classIdOfSlot, isShardCount, maxMinor } from './class-id.ts';
export type { Dataplane, OnStep } from './dataplane.ts';
export { type DesiredState, desiredState } from './desired-state.ts';
export { isDeviceName } from './device-name.ts';
export { diffState } from './diff-state.ts';
export { type DriftEntry, driftOf } from './drift.ts';
export {
  createKernelDataplane,
  type KernelDataplaneOptions,
} from './kernel/kernel-dataplane.ts';
export type { ActualState, PolicyState, Scaffold } from './policy-state.ts';
export { createRecordedDataplane, type RecordedStore } from './recorded-dataplane.ts';
export { assertRemovalsExplained, type RemovalGuardOptions } from './removal-guard.ts';
export type { SnapshotProblem } from './snapshot-problem.ts';
export { digestOf } from './state-digest.ts';
export { formatTcRate, maxRateKbit, parseTcRate, type RateText } from './tc-rate.ts';
