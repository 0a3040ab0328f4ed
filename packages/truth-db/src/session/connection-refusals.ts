/**
 * Which connections must not have a session. They are locked with it: none can be disabled, nor its customer be suspended,
 * before this transaction has ended; who does that waits, and then finds the session.
 */
import { type RawBuilder, sql } from 'kysely';
import { type EngineSql, engineSql } from '../engine-sql.ts';
import type { ConnectionStatus } from '../gateway-snapshot.ts';
import { isOneOf, listStatement } from '../list-statement.ts';
import { listStatements } from '../list-statements.ts';
import { whyRefused } from '../restricted-effective.ts';
import type { CustomerStatus } from '../tables.ts';
import type { TruthTransaction } from '../truth.ts';
import { selectConnections } from './session-lock.ts';

export type Refusal = 'unknown' | 'disabled' | 'suspended' | 'deleted';

interface Standing {
  readonly id: number;
  readonly status: ConnectionStatus;
  readonly customer: CustomerStatus | null;
}

function selectStandings({ forUpdate, forShare, byIndex }: EngineSql, length: number): RawBuilder<Standing> {
  return sql`
    select c.id as id, c.status as status,
           (select u.status from customers u where u.id = c.customer_id ${forShare}) as customer
    from vpn_connections c ${byIndex('PRIMARY')}
    where ${isOneOf('c.id', length)} order by c.id ${forUpdate}`;
}

const standingsOf = listStatement(selectStandings);

const idOf = (id: number) => [id];

/** All connections before the first customer, which is the order of everybody; with one that is so in any case. */
const standingsInOrder = listStatements(
  { build: selectConnections, parametersOf: idOf },
  { build: selectStandings, parametersOf: idOf },
);

/** @returns why, by connection; one that is not there may have a session */
export async function lockAndRefuse(
  trx: TruthTransaction,
  vpnConnectionIds: Iterable<number>,
): Promise<ReadonlyMap<number, Refusal>> {
  const ids = [...new Set(vpnConnectionIds)].toSorted((one, other) => one - other);
  const isOrdered = ids.length > 1 && engineSql(trx).hasRowLocks;
  const rows = isOrdered ? await standingsInOrder(trx, ids) : await standingsOf(trx, ids.map(idOf));
  const refusals = new Map<number, Refusal>(ids.map((id) => [id, 'unknown']));
  for (const { id, status, customer } of rows) {
    const because = whyRefused({ status, restrictedReason: null, customerStatus: customer });
    if (because === undefined) refusals.delete(id);
    else refusals.set(id, because);
  }
  return refusals;
}
