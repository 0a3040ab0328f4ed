/**
 * Whose sessions have changed, of the customers who listen: what each has is compared with what they had, in one question for
 * all of them.
 */
import type { Truth } from '@holdfast/truth-db';

/** Customers of one question. */
const askedAtOnce = 500;

export class SessionMarks {
  readonly #marks = new Map<number, string>();

  /** Forgets everybody else. @returns those whose sessions are others than at the last call, or who were not asked about then */
  async changed(db: Truth['db'], customers: ReadonlySet<number>): Promise<ReadonlySet<number>> {
    const marks = new Map<number, string>();
    const ids = [...customers].toSorted((one, other) => one - other);
    for (let from = 0; from < ids.length; from += askedAtOnce) {
      const some = ids.slice(from, from + askedAtOnce);
      for (const id of some) marks.set(id, '');
      for (const { customer_id: id, ...session } of await sessionsOf(db, some)) {
        if (id !== null) marks.set(id, `${marks.get(id) ?? ''}${JSON.stringify(session)}\n`);
      }
    }
    const changed = ids.filter((id) => this.#marks.get(id) !== marks.get(id));
    this.#marks.clear();
    for (const [id, mark] of marks) this.#marks.set(id, mark);
    return new Set(changed);
  }
}

/** Without what every report of a NAS renews. */
async function sessionsOf(db: Truth['db'], customers: readonly number[]) {
  return db
    .selectFrom('vpn_connections as connection')
    .innerJoin('active_session_locks as session', 'session.vpn_connection_id', 'connection.id')
    .select([
      'connection.customer_id',
      'session.id',
      'session.acquired_at',
      'session.confirmed_at',
      'session.gateway',
      'session.framed_ip',
      'session.framed_ipv6',
    ])
    .where('connection.customer_id', 'in', customers)
    .where('session.state', '=', 'held')
    .orderBy('connection.customer_id')
    .orderBy('session.id')
    .execute();
}
