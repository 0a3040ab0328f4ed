/** The tables of the panel's login, as Kysely sees them. */
import type { Generated } from 'kysely';
import type { UtcTime } from './utc-time.ts';

export interface PanelAdminsTable {
  id: Generated<number>;
  email: string;
  name: string;
  password_hash: string;
  status: 'active' | 'disabled';
  created_at: UtcTime;
  version: Generated<number>;
}

/** Of a family in `token_families`. */
export interface PanelDevicesTable {
  family_id: string;
  /** As its browser calls itself. */
  user_agent: string | null;
  since: UtcTime;
}

export interface PanelTables {
  panel_admins: PanelAdminsTable;
  panel_devices: PanelDevicesTable;
}
