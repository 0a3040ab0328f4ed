/**
 * What a trash generation says of itself: which reset it is, how far that got, and per file what stood there before and
 * what stands there after. A checksummed document, replaced as a whole.
 */
import type { TriggerReason } from '@holdfast/action-plan';
import type { FoundFile } from './found-file.ts';

export interface JournalFile {
  readonly path: string;
  readonly action: 'remove' | 'replace' | 'absent';
  /** What stood there; in the trash as `old-N` unless absent. */
  readonly before: FoundFile;
  /** What stands there once the reset is done. */
  readonly after: FoundFile;
}

export interface ResetJournal {
  readonly id: string;
  readonly scope: string;
  readonly reason: TriggerReason;
  /** The reset that this one takes back. */
  readonly undoes?: string;
  /** 'committed': effects may be missing. 'done': all are there. */
  readonly phase: 'committed' | 'done';
  /** Greater than that of every reset of its scope that was carried out before; times and plans tell no order. */
  readonly sequence: number;
  /** When the phase was reached, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly files: readonly JournalFile[];
}
