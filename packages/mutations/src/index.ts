/** Mutations: optimistic concurrency, idempotency, one at a time, and a cache that their tags invalidate. */
export { type Answer, answerTo, problem } from './answer/answer-to.ts';
export type {
  Conflict,
  Deletion,
  FieldChange,
  MutationOutcome,
  Precondition,
  Versioned,
} from './answer/outcome.ts';
export { type Problem, type ProblemCode, problemTable, type Retry } from './answer/problem-table.ts';
export { refusalTable } from './answer/refusal-table.ts';
export { type CacheCounts, type CachedRead, TagCache, type TagCacheOptions } from './cache/tag-cache.ts';
export { editResource, removeResource } from './change/edit-resource.ts';
export { type Issue, pointerTo } from './kind/issue.ts';
export { type Field, type ResourceKind, resourceKey, type Stored } from './kind/resource-kind.ts';
export { rowId, type TableKind, tableKind } from './kind/table-kind.ts';
export { viewOf } from './kind/view.ts';
export {
  type CustomerKind,
  type CustomerValue,
  customerEvent,
  customerKind,
  editCustomer,
  register,
  setPasswordHash,
} from './kinds/customer-kind.ts';
export type { PanelRights, PanelViewer } from './kinds/panel-viewer.ts';
export {
  claim,
  connectionEvent,
  editConnection,
  liftRestriction,
  provision,
  renewSecret,
} from './kinds/vpn-connection-changes.ts';
export {
  connectionsOf,
  type VpnConnectionKind,
  type VpnConnectionValue,
  vpnConnectionKind,
} from './kinds/vpn-connection-kind.ts';
export { type Author, changesKept, type LoggedChange, readChanges } from './log/change-log.ts';
export type {
  Change,
  ChangeContext,
  Created,
  Creation,
  CreationContext,
  Effect,
  Mutation,
} from './mutation.ts';
export { Mutations, type MutationsOptions } from './mutations.ts';
export { type ResourceView, readResource } from './read-resource.ts';
export { receiptTtlMs, type SweepReceipts, sweepReceipts } from './receipt/sweep-receipts.ts';
export type { CommittedChange } from './record-mutation.ts';
export type { Actor } from './request/actor.ts';
export { canonicalJson, NotJson } from './request/canonical-json.ts';
export { etagOf, type VersionedResource, versionOfEtag } from './request/etag.ts';
export { InvalidInput } from './request/invalid-input.ts';
export type { Json, JsonObject } from './request/json.ts';
export { isMutationId } from './request/mutation-id.ts';
export { isVersion } from './request/version.ts';
export { bumpTags } from './tag/generations.ts';
