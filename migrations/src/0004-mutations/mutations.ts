/**
 * What a mutation writes beside its resource, in the same transaction: the receipt by which a repeated request is
 * recognised, who changed what, and how often each tag of the cache was invalidated.
 */
import type { ColumnTypes } from '../column-types.ts';
import { type Column, optional, required, type Table } from '../create-table.ts';
import type { Migration } from '../migration.ts';
import { tableMigration } from '../table-migration.ts';

export const mutations: Migration = {
  ...tableMigration('0004-mutations', {
    mutation_receipts: receipts,
    change_log: changeLog,
    tag_generations: tagGenerations,
  }),
  // A cache is filled again.
  tables: ['mutation_receipts', 'change_log'],
};

function receipts(types: ColumnTypes): Omit<Table, 'name'> {
  const columns: Record<string, Column> = {
    profile: required(types.text(64)),
    principal: required(types.text(128)),
    mutation_id: required(types.text(36)),
    fingerprint: required(types.text(64)),
    status: required(types.integer),
    kind: required(types.text(32)),
    resource_id: required(types.text(64)),
    version: required(types.integer),
    response: optional(types.text(8000)),
    created_at: required(types.time),
  };
  return {
    columns,
    // The principal is part of the key: nobody is answered what another one was told.
    primaryKey: { name: 'pk_mutation_receipts', columns: ['profile', 'principal', 'mutation_id'] },
    indexes: { ix_mutation_receipts_created_at: ['created_at'] },
  };
}

function changeLog(types: ColumnTypes): Omit<Table, 'name'> {
  const columns: Record<string, Column> = {
    kind: required(types.text(32)),
    resource_id: required(types.text(64)),
    version: required(types.integer),
    operation: required(types.text(128)),
    is_deletion: required(types.boolean),
    author_id: required(types.text(128)),
    author_name: required(types.text(128)),
    changed_at: required(types.time),
    paths: required(types.text(4000)),
    previous: optional(types.text(8000)),
  };
  return {
    columns,
    primaryKey: { name: 'pk_change_log', columns: ['kind', 'resource_id', 'version'] },
    indexes: { ix_change_log_changed_at: ['changed_at'] },
  };
}

function tagGenerations(types: ColumnTypes): Omit<Table, 'name'> {
  return {
    columns: {
      tag: required(types.text(128), { key: 'natural' }),
      generation: required(types.integer),
    },
  };
}
