/** The connection that an operator names: by its id, or by the name that its client logs in with. */
import { HoldfastError } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';

export interface NamedConnection {
  readonly vpnConnectionId: number;
  /** Null where nobody can log in by RADIUS. */
  readonly user: string | null;
}

/**
 * @throws HoldfastError CONNECTION_UNKNOWN - neither is anybody's
 * @throws HoldfastError USAGE - it is the id of one connection and the user name of another
 */
export async function findNamed(truth: Truth, word: string): Promise<NamedConnection> {
  const id = /^[1-9]\d{0,14}$/.test(word) ? Number(word) : undefined;
  const rows = await truth.db
    .selectFrom('vpn_connections')
    .select(['id', 'radius_username'])
    .where(({ eb, or }) => {
      const isUser = eb('radius_username', '=', word);
      return id === undefined ? isUser : or([isUser, eb('id', '=', id)]);
    })
    .orderBy('id')
    .execute();
  const [first, second] = rows;
  if (first === undefined)
    throw new HoldfastError(
      'CONNECTION_UNKNOWN',
      `truth has no connection and no user "${word.slice(0, 64)}"`,
      {
        details: { asked: word },
      },
    );
  if (second !== undefined)
    throw new HoldfastError(
      'USAGE',
      `${word} is a connection, and the user of another: name it by the other word`,
      {
        details: { connections: rows.map((row) => row.id) },
      },
    );
  return { vpnConnectionId: first.id, user: first.radius_username };
}
