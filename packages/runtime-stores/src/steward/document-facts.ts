/** What a policy is told of a document: nothing of its content, and no time. */

export const documentConditions = ['absent', 'whole', 'recovered', 'damaged', 'newer', 'unreadable'] as const;

/**
 * - `recovered`: the current file is damaged or gone, and the generation before stands in.
 * - `damaged`: no generation is whole, or what is whole is of something else.
 * - `newer`: a later version wrote it.
 * - `unreadable`: it is there and may not or cannot be read, or is no regular file.
 */
export type DocumentCondition = (typeof documentConditions)[number];

export interface DocumentFacts {
  readonly condition: DocumentCondition;
  /** Whether nothing in it can count any more: what it held has expired, or was written longer ago than anything lasts. */
  readonly isOver: boolean;
  /** Whether it is time for the next value; of a salt. */
  readonly isDue: boolean;
}
