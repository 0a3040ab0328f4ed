/**
 * What a reset would do, as a value: shown to people, kept as JSON, carried out later. It says per file what was found,
 * and a reset that finds anything else under the lock refuses the whole plan.
 */
import type { ActionPlan, TriggerReason } from '@holdfast/action-plan';
import type { FoundFile } from './found-file.ts';

/** What is to happen to one guarded file. Paths are relative to the executor's directory, with forward slashes. */
export type ResetAction =
  /** To the trash, and unless `isDocument` is false its last good generation too. */
  | { readonly kind: 'remove'; readonly path: string; readonly isDocument?: boolean }
  /** A state document gets `value`, as its next generation; the last good one goes to the trash. */
  | {
      readonly kind: 'replace';
      readonly path: string;
      readonly value: unknown;
      /** Of the value: one more than its reader has migrations. Default 1. */
      readonly version?: number;
      readonly mode?: number;
    }
  /** Any other file gets these bytes. */
  | {
      readonly kind: 'replace';
      readonly path: string;
      readonly content: string | Uint8Array;
      readonly mode?: number;
    };

/** An ActionPlan of reset actions is one. */
export type ResetRequest = Pick<ActionPlan<TriggerReason, ResetAction>, 'reason' | 'scope' | 'actions'>;

/** Content as JSON can carry it. */
export interface PlannedContent {
  readonly encoding: 'utf8' | 'base64';
  readonly data: string;
  readonly mode: number;
}

export interface PlannedFile {
  readonly path: string;
  /** 'absent': it is to be gone and is already. */
  readonly action: 'remove' | 'replace' | 'absent';
  /** What was found when the plan was made. */
  readonly before: FoundFile;
  /** Of 'replace'. */
  readonly content?: PlannedContent;
}

export interface ResetPlan {
  readonly id: string;
  readonly reason: TriggerReason;
  /** Whose exclusive hold `execute` demands. */
  readonly scope: string;
  /** In the order of the effects. */
  readonly files: readonly PlannedFile[];
}
