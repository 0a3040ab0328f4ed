/**
 * Who logs in by RADIUS: the connection that a User-Name stands for, many of them in one look-up. Names are the same when their bytes
 * are: case, trailing spaces and the spelling of a letter in Unicode count, as the name is not the client's to vary.
 *
 * It decides nothing but whether the connection may log in at all. The password is checked by whoever asks
 * (`isRadiusSecretOf`, MS-CHAPv2), and `acquireSession` asks again, under its lock, before there is a session.
 */
import { type Kysely, type Selectable, sql } from 'kysely';
import { isOneOf, listStatement } from './list-statement.ts';
import { whyRefused } from './restricted-effective.ts';
import type { CustomerStatus, TruthTables, VpnConnectionsTable } from './tables.ts';

/** What passwords are checked against; null where the connection has none of the kind. */
export interface RadiusCredentials {
  /** `{ssha256}…`, as `pap` takes it for Password-With-Header. */
  readonly radiusSecretHash: string | null;
  /** 32 hexadecimal digits: whoever has them can log in by MS-CHAPv2, without the password. */
  readonly ntHash: string | null;
}

export type RadiusLogin =
  | {
      readonly kind: 'allowed';
      readonly vpnConnectionId: number;
      readonly status: VpnConnectionsTable['status'];
      /** Null while nobody has claimed the connection. */
      readonly customerStatus: CustomerStatus | null;
      /** Admitted, and nothing is forwarded for it. */
      readonly isRestricted: boolean;
      readonly staticIp: string | null;
      /** Null for unlimited. */
      readonly downKbit: number | null;
      readonly upKbit: number | null;
      /** Not enumerable, so that a login which is logged, printed or copied does not carry it along. */
      readonly credentials: RadiusCredentials;
    }
  | { readonly kind: 'refused'; readonly because: 'unknown' }
  | {
      readonly kind: 'refused';
      readonly because: 'disabled' | 'suspended' | 'deleted';
      readonly vpnConnectionId: number;
    };

/**
 * @param db - `truth.db`, or a transaction
 * @param userName - as the client sent it; any text
 */
export async function findRadiusLogin(db: Kysely<TruthTables>, userName: string): Promise<RadiusLogin> {
  const [login] = await findRadiusLogins(db, [userName]);
  return login ?? unknown;
}

/**
 * The same for several names at once, in their order; one that comes twice is answered twice. One statement for up to 500.
 *
 * @param db - `truth.db`, or a transaction
 */
export async function findRadiusLogins(
  db: Kysely<TruthTables>,
  userNames: readonly string[],
): Promise<readonly RadiusLogin[]> {
  const rows = await byUserName(
    db,
    userNames.map((userName) => [userName]),
  );
  // What cannot be written in UTF-8 reaches the database as another text, and finds the row of that one.
  const byName = new Map(rows.map((row) => [row.radius_username, row]));
  return userNames.map((userName) => loginOf(byName.get(userName)));
}

const unknown: RadiusLogin = { kind: 'refused', because: 'unknown' };

function loginOf(row: LoginRow | undefined): RadiusLogin {
  if (row === undefined) return unknown;
  const { id: vpnConnectionId, status, restricted_reason: restrictedReason, customer_status } = row;
  const because = whyRefused({ status, restrictedReason, customerStatus: customer_status });
  if (because !== undefined) return { kind: 'refused', because, vpnConnectionId };
  const login = {
    kind: 'allowed',
    vpnConnectionId,
    status,
    customerStatus: customer_status,
    isRestricted: row.restricted_effective === 1,
    staticIp: row.static_ip,
    downKbit: row.down_kbit,
    upKbit: row.up_kbit,
  } as const;
  const credentials = { radiusSecretHash: row.radius_secret_hash, ntHash: row.nt_hash };
  return Object.defineProperty(login, 'credentials', { value: credentials }) as RadiusLogin;
}

const columns = [
  'id',
  'radius_username',
  'status',
  'restricted_reason',
  'restricted_effective',
  'radius_secret_hash',
  'nt_hash',
  'static_ip',
  'down_kbit',
  'up_kbit',
] as const;

type LoginRow = Pick<Selectable<VpnConnectionsTable>, (typeof columns)[number]> & {
  readonly customer_status: CustomerStatus | null;
};

const byUserName = listStatement<LoginRow>(
  (_engine, length) => sql`
    select ${sql.join(columns.map((column) => sql.ref(`c.${column}`)))}, u.status as customer_status
    from vpn_connections c left join customers u on u.id = c.customer_id
    where ${isOneOf('c.radius_username', length)}`,
);
