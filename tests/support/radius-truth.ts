/** Truth for logins: one gateway whose NASes are on loopback, and users `user0`, `user1`, … with one password. */
import {
  addGateway,
  encodeTime,
  hashRadiusSecret,
  hashToken,
  type NewGateway,
  type Truth,
} from '@holdfast/truth-db';

export const radiusGateway = 'gw1';

const dayMs = 86_400_000;
/** SQLite takes 32 766 parameters a statement. */
const rowsAtOnce = 2_000;

export interface RadiusUsers {
  readonly users: number;
  readonly password: string;
  /** Of the gateway; NAS 127.0.0.1 by default. */
  readonly gateway?: Partial<NewGateway>;
}

/** Fills a truth that is migrated. The id of `user0` is 1, of `user1` 2, and so on. */
export async function fillRadiusTruth(truth: Truth, options: RadiusUsers): Promise<void> {
  const { users, password, gateway = {} } = options;
  const created = Date.now();
  const at = encodeTime(created);
  const grace = encodeTime(created + 30 * dayMs);
  const deadline = encodeTime(created + 180 * dayMs);
  await truth.transaction(async (trx) => {
    await addGateway(trx, {
      name: radiusGateway,
      layout: 'shared-device',
      device: 'wg0',
      nasAddresses: ['127.0.0.1'],
      ...gateway,
    });
    for (let first = 0; first < users; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, users - first);
      const rows = Array.from({ length: count }, (_value, place) => ({
        id: first + place + 1,
        token: hashToken(`token-${first + place}`),
        created_at: at,
        status: 'PREPROVISIONED' as const,
        unclaimed_grace_until: grace,
        claim_deadline: deadline,
        radius_username: `user${first + place}`,
        radius_secret_hash: hashRadiusSecret(password),
        down_kbit: 10_000,
        up_kbit: 2_000,
      }));
      await trx.insertInto('vpn_connections').values(rows).execute();
    }
  });
}

/** As if nobody had logged in yet. */
export async function forgetSessions(truth: Truth): Promise<void> {
  const tables = ['active_session_locks', 'released_sessions', 'policy_triggers'] as const;
  for (const table of tables) await truth.db.deleteFrom(table).execute();
}
