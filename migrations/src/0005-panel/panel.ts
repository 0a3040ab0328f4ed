/**
 * What the panel's login has beside the stores of the runtime: who may administer, and on which browser a family of
 * refresh tokens was begun.
 */
import type { ColumnTypes } from '../column-types.ts';
import { id, oneOf, optional, required, type Table } from '../create-table.ts';
import type { Migration } from '../migration.ts';
import { tableMigration } from '../table-migration.ts';

type Description = Omit<Table, 'name'>;

export const panel: Migration = {
  ...tableMigration('0005-panel', { panel_admins: admins, panel_devices: devices }),
  // A device is listed without its name then; it stays logged in.
  tables: ['panel_admins'],
};

function admins(types: ColumnTypes): Description {
  return {
    columns: {
      id: id(types),
      email: required(types.text(320)),
      name: required(types.text(128)),
      password_hash: required(types.text(255)),
      status: required(types.text(16)),
      created_at: required(types.time),
      version: required(types.integer, { defaultTo: 1 }),
    },
    checks: { ck_panel_admins_status: oneOf('status', ['active', 'disabled']) },
    unique: { uq_panel_admins_email: ['email'] },
  };
}

/** No foreign key: families are swept by those who know nothing of devices, and these follow. */
function devices(types: ColumnTypes): Description {
  return {
    columns: {
      family_id: required(types.text(36), { key: 'natural' }),
      user_agent: optional(types.text(200)),
      since: required(types.time),
    },
  };
}
