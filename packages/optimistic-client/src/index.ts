/** Optimistic updates in a client: pending patches, drafts, three-way merge, one conflict at a time. Pure: no clock, no DOM. */
export type { Answer, AnswerKind, FieldChange, HttpAnswer, Written } from './answer/answer.ts';
export { readAnswer } from './answer/read-answer.ts';
export type {
  Conflict,
  ConflictContext,
  ConflictPhase,
  ConflictProblem,
  ConflictRequest,
  Theirs,
} from './conflict/conflict.ts';
export { mostSilentTries } from './conflict/conflict.ts';
export type { ConflictEffect, ConflictStep } from './conflict/conflict-effect.ts';
export type { ConflictEvent } from './conflict/conflict-event.ts';
export { reduceConflict } from './conflict/reduce-conflict.ts';
export {
  type Draft,
  type DraftName,
  type DraftOwner,
  type DraftState,
  draftLifeMs,
  undoDiscardMs,
} from './draft/draft.ts';
export { decideOnOpen, type OpenDecision, type OpenFacts } from './draft/draft-on-open.ts';
export type { DraftStorage } from './draft/draft-storage.ts';
export {
  DraftStore,
  type DraftStoreOptions,
  type DraftTiming,
  type UnsavedDraft,
} from './draft/draft-store.ts';
export { createMemoryDraftStorage } from './draft/memory-draft-storage.ts';
export { chooseDraft, claimTabId, type DraftsOfRecord, type TabPresence } from './draft/tab-id.ts';
export { isSame } from './equality/canonical.ts';
export type { ListConflict } from './merge/merge-lists.ts';
export type { ConflictReason, Issue, MergeRow, MergeState, Validate } from './merge/merge-row.ts';
export { type Merge, type MergeOptions, merge3 } from './merge/merge3.ts';
export type { Field, Fields, RecordSchema, Scalar } from './merge/record-schema.ts';
export { type Choice, type Choices, defaultChoices, type Resolution, resolve } from './merge/resolve.ts';
export { isSecretMark, type SecretMark } from './merge/secret.ts';
export { type Decision, decisionTable } from './pending/decision-table.ts';
export { ownSave } from './pending/own-save.ts';
export {
  addPatch,
  carryOn,
  haltForConflict,
  type MutationRequest,
  mayInvalidate,
  nextRequest,
  optimisticValue,
  type PendingPatch,
  type PendingRecord,
  pendingRecord,
  releaseConflict,
  rollBackPatch,
  sendAgain,
  settlePatch,
  withServer,
} from './pending/pending-record.ts';
export { retryDelayMs } from './pending/retry-delay.ts';
export type { Json, JsonObject } from './record/json.ts';
export { type RecordKey, recordKeyText, type Snapshot } from './record/snapshot.ts';
