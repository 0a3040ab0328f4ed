/**
 * What is remembered of asking a NAS (RFC 5176): which ones did not answer, and what they answered to a request that is not
 * settled by its answer. Rows are deleted when they have nothing left to say; without them a NAS would only be asked sooner.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { optional, required, type Table } from '../create-table.ts';

type Description = Omit<Table, 'name'>;

export function nasSilences(types: ColumnTypes): Description {
  return {
    columns: {
      gateway: required(types.text(64)),
      nas_ip: required(types.text(45)),
      runs: required(types.integer),
      retry_at: required(types.time),
    },
    primaryKey: { name: 'pk_nas_silences', columns: ['gateway', 'nas_ip'] },
    references: { fk_nas_silences_gateway: { column: 'gateway', to: 'gateways.name' } },
    checks: { ck_nas_silences_runs: sql`runs >= 1` },
  };
}

/** By holder token: a session has one, and so has an ended one. */
export function nasAnswers(types: ColumnTypes): Description {
  return {
    columns: {
      holder_token: required(types.text(64), { key: 'natural' }),
      gateway: required(types.text(64)),
      asked: required(types.text(128)),
      error_cause: optional(types.integer),
      retry_at: required(types.time),
    },
    references: { fk_nas_answers_gateway: { column: 'gateway', to: 'gateways.name' } },
    indexes: { ix_nas_answers_gateway: ['gateway', 'retry_at'] },
  };
}
