/**
 * What a login keeps at run time, where it has to be in one transaction with other rows: the rate limit, the CAPTCHAs that
 * were used, the families of refresh tokens, the salt of IP addresses.
 *
 * Times are whole numbers since 1970 in UTC, as the stores count them: microseconds for the rate limit, whose arithmetic
 * they are, else milliseconds.
 */
import { sql } from 'kysely';
import type { ColumnTypes } from '../column-types.ts';
import { oneOf, optional, required, type Table } from '../create-table.ts';
import type { Migration } from '../migration.ts';
import { tableMigration } from '../table-migration.ts';

type Description = Omit<Table, 'name'>;

export const runtimeStores: Migration = {
  ...tableMigration('0003-runtime-stores', {
    rate_limits: rateLimits,
    captcha_claims: captchaClaims,
    token_families: tokenFamilies,
    ip_salts: ipSalts,
  }),
  // Without its rate limits everybody begins afresh; without the others a used CAPTCHA passes again, everybody is logged out.
  tables: ['captcha_claims', 'token_families', 'ip_salts'],
};

function rateLimits(types: ColumnTypes): Description {
  return {
    columns: {
      bucket_key: required(types.text(64), { key: 'natural' }),
      tat: required(types.integer),
    },
    indexes: { ix_rate_limits_tat: ['tat'] },
  };
}

function captchaClaims(types: ColumnTypes): Description {
  return {
    columns: {
      token_hash: required(types.text(64), { key: 'natural' }),
      scope: required(types.text(255)),
      attempt_id: required(types.text(64)),
      state: required(types.text(16)),
      expires_at: required(types.integer),
    },
    checks: { ck_captcha_claims_state: oneOf('state', ['checking', 'ok']) },
    indexes: { ix_captcha_claims_expires_at: ['expires_at'] },
  };
}

function tokenFamilies(types: ColumnTypes): Description {
  return {
    columns: {
      family_id: required(types.text(36), { key: 'natural' }),
      profile: required(types.text(64)),
      user_id: required(types.text(255)),
      device_id: required(types.text(255)),
      secret: required(types.text(64)),
      generation: required(types.integer),
      rotated_at: required(types.integer),
      idle_expires_at: required(types.integer),
      absolute_expires_at: required(types.integer),
      revoked_at: optional(types.integer),
      revoked_reason: optional(types.text(32)),
    },
    checks: {
      ck_token_families_generation: sql`generation >= 1`,
      ck_token_families_revoked: sql`(revoked_at is null) = (revoked_reason is null)`,
    },
    indexes: {
      ix_token_families_user: ['profile', 'user_id'],
      ix_token_families_absolute_expires_at: ['absolute_expires_at'],
    },
  };
}

/** The salt in use and the one before, with their times: one document, since they change together. */
function ipSalts(types: ColumnTypes): Description {
  return {
    columns: {
      name: required(types.text(64), { key: 'natural' }),
      document: required(types.text(4_096)),
    },
  };
}
