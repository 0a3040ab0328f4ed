/** The tables that `@holdfast/mutations` writes beside the resource of a mutation, as Kysely sees them. */
import type { SqlBoolean } from './tables.ts';
import type { UtcTime } from './utc-time.ts';

/** A committed mutation, by what its sender calls it. */
export interface MutationReceiptsTable {
  profile: string;
  principal: string;
  mutation_id: string;
  /** SHA-256 of the request in canonical JSON, in hexadecimal. */
  fingerprint: string;
  /** HTTP status of the answer. */
  status: number;
  kind: string;
  resource_id: string;
  version: number;
  /** The answer in JSON; NULL when it was too large to keep. */
  response: string | null;
  created_at: UtcTime;
}

/** Who made which version of a resource, and of what. */
export interface ChangeLogTable {
  kind: string;
  resource_id: string;
  /** The version that the change made. */
  version: number;
  operation: string;
  is_deletion: SqlBoolean;
  author_id: string;
  author_name: string;
  changed_at: UtcTime;
  /** JSON: the fields that changed. */
  paths: string;
  /** JSON: their values before, those of secrets left out; NULL when they were too large to keep. */
  previous: string | null;
}

/** How often what has this tag was changed. A row is never deleted, and never counts down. */
export interface TagGenerationsTable {
  tag: string;
  generation: number;
}

export interface MutationTables {
  mutation_receipts: MutationReceiptsTable;
  change_log: ChangeLogTable;
  tag_generations: TagGenerationsTable;
}
