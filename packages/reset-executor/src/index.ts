/** Journalled, resumable, undoable resets. Level 3: imports base, action-plan, atomic-writer and state. */
export type { FoundDocument, FoundFile } from './found-file.ts';
export type { ListedReset, SetAsideReset } from './list-resets.ts';
export type { PruneLimit, PruneReport } from './prune-resets.ts';
export {
  ResetExecutor,
  type ResetExecutorOptions,
  type ResetReceipt,
  type UndoOptions,
} from './reset-executor.ts';
export type { PlannedContent, PlannedFile, ResetAction, ResetPlan, ResetRequest } from './reset-plan.ts';
export { type FileIdentity, nodeResetPort, type ResetPort } from './reset-port.ts';
export type { ResumeReport } from './resume-resets.ts';
