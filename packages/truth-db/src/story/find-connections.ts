/**
 * Finds the connections that a person means: by the address that a client has, had or always gets, by id, by user name. What
 * can be read in two ways is looked for in both.
 */
import { isIPv6 } from 'node:net';
import { canonicalIpv6 } from '../canonical-ipv6.ts';
import type { TruthTransaction } from '../truth.ts';

export interface ClientQuestion {
  /** The spellings of one address, the canonical one first; empty when no address is meant. */
  readonly addresses: readonly string[];
  readonly connectionId: number | undefined;
  readonly userName: string;
}

/** By what a connection was found. */
export type FoundBy = 'connection' | 'user' | 'address' | 'static-address' | 'earlier-address';

export interface FoundConnection {
  readonly id: number;
  readonly by: FoundBy;
}

/** More than these are not worth an answer each. */
const mostFound = 10;

/** The best matches, each connection once; empty when nothing fits. */
export async function findConnections(
  trx: TruthTransaction,
  question: ClientQuestion,
): Promise<readonly FoundConnection[]> {
  const named = await findNamed(trx, question);
  const addressed = question.addresses.length === 0 ? [] : await findByAddress(trx, question.addresses);
  const found = new Map<number, FoundConnection>();
  for (const one of [...named, ...addressed]) if (!found.has(one.id)) found.set(one.id, one);
  return [...found.values()].slice(0, mostFound);
}

async function findNamed(
  trx: TruthTransaction,
  { connectionId, userName }: ClientQuestion,
): Promise<readonly FoundConnection[]> {
  const rows = await trx
    .selectFrom('vpn_connections')
    .select('id')
    .where(({ eb, or }) => {
      const byName = eb('radius_username', '=', userName);
      return connectionId === undefined ? byName : or([eb('id', '=', connectionId), byName]);
    })
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => ({ id, by: id === connectionId ? 'connection' : 'user' }));
}

/** Who has it now; else whose it always is, and who had it last. */
async function findByAddress(
  trx: TruthTransaction,
  addresses: readonly string[],
): Promise<readonly FoundConnection[]> {
  const holders = await findHolders(trx, addresses);
  if (holders.length > 0) return holders.map((id) => ({ id, by: 'address' as const }));
  const owners = await trx
    .selectFrom('vpn_connections')
    .select('id')
    .where('static_ip', 'in', addresses)
    .orderBy('id')
    .limit(mostFound)
    .execute();
  if (owners.length > 0) return owners.map(({ id }) => ({ id, by: 'static-address' as const }));
  return await findEarlier(trx, addresses);
}

async function findHolders(trx: TruthTransaction, addresses: readonly string[]): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('active_session_locks')
    .select('vpn_connection_id')
    .where('state', '=', 'held')
    .where(({ eb, or }) => or([eb('framed_ip', 'in', addresses), eb('framed_ipv6', 'in', addresses)]))
    .orderBy('vpn_connection_id')
    .limit(mostFound)
    .execute();
  if (rows.length > 0) return rows.map(({ vpn_connection_id: id }) => id);
  const [address = ''] = addresses;
  return isIPv6(address) ? await findSpelledOtherwise(trx, canonicalIpv6(address)) : [];
}

/** Rows that others wrote may spell an address in any way. */
async function findSpelledOtherwise(trx: TruthTransaction, canonical: string): Promise<readonly number[]> {
  const rows = await trx
    .selectFrom('active_session_locks')
    .select(['vpn_connection_id', 'framed_ipv6'])
    .where('state', '=', 'held')
    .where('framed_ipv6', 'is not', null)
    .execute();
  return rows
    .filter(({ framed_ipv6: text }) => text !== null && isIPv6(text) && canonicalOf(text) === canonical)
    .map(({ vpn_connection_id: id }) => id);
}

/** A zone names an interface of one host and is no part of the address. */
function canonicalOf(text: string): string | undefined {
  return text.includes('%') ? undefined : canonicalIpv6(text);
}

async function findEarlier(
  trx: TruthTransaction,
  addresses: readonly string[],
): Promise<readonly FoundConnection[]> {
  const released = await trx
    .selectFrom('active_session_locks')
    .select('vpn_connection_id')
    .where('state', '=', 'released')
    .where(({ eb, or }) => or([eb('framed_ip', 'in', addresses), eb('framed_ipv6', 'in', addresses)]))
    .limit(1)
    .execute();
  const remembered = await trx
    .selectFrom('released_sessions')
    .select('vpn_connection_id')
    .where('framed_ip', 'in', addresses)
    .orderBy('released_at', 'desc')
    .limit(1)
    .execute();
  const [last = released[0]] = remembered;
  return last === undefined ? [] : [{ id: last.vpn_connection_id, by: 'earlier-address' }];
}
