/** What became of the events of a spool directory. */
import type { RecordedTrigger } from '@holdfast/truth-db';
import type { RefusedFile } from './spool-directory.ts';

export interface SpoolReport {
  /** Events that changed truth, or asked for a run. */
  readonly applied: number;
  /** Events that were known, late, or the end of a session that nobody holds: all as it should be. */
  readonly ignored: number;
  /** Events of other gateways, left where they are. */
  readonly foreign: number;
  /** Sessions that no connection of truth explains: who is on this gateway unknown to us, the first of them. */
  readonly unknownUsers: readonly string[];
  readonly unknownTotal: number;
  /** Users whose sessions RADIUS would have admitted, and has not: the first of them. */
  readonly unadmitted: readonly string[];
  /** Connections that another gateway, or another kind of client, has the session of. */
  readonly busy: readonly { readonly user: string; readonly by: string | null }[];
  /** Moved to `refused/`, or where they stand if that failed. */
  readonly refused: readonly RefusedFile[];
  /** Events that truth could not take, left where they are for the next time. */
  readonly failed: readonly { readonly name: string; readonly code: string; readonly message: string }[];
  /** Files that were ingested and could not be removed: the next time they change nothing. */
  readonly stuck: readonly RefusedFile[];
  readonly triggers: readonly RecordedTrigger[];
}
