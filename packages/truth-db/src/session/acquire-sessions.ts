/**
 * Taking the sessions of connections, after the password was right: SimUse = 1. The first one has it; the same device is
 * the same session; a stale one is taken over; everybody else is told who has it and until when.
 *
 * What is taken is pending: it expires soon unless `confirmSession` reports the start. Until then it has no address, so
 * no gateway has anything to do for it and no trigger is recorded, except for what it displaces.
 *
 * Many requests are one batch: connections, sessions and counters are locked in one order, so batches do not wait for
 * each other in a circle. A batch takes what is free by one statement; only where a session has to end first, or several
 * requests are about one connection, others follow.
 */
import { randomUUID } from 'node:crypto';
import { isHoldfastError } from '@holdfast/base';
import { requireGateway } from '../gateways.ts';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime } from '../utc-time.ts';
import { lockAndRefuse } from './connection-refusals.ts';
import { endEach } from './end-locks.ts';
import type { SessionAnswer, SessionRequest } from './session-answer.ts';
import { isFollowed, type StoredLock } from './session-lock.ts';
import { type Displaced, type Queue, settleTurns, type Turn } from './session-turns.ts';
import { type ProposedLock, renewLocks, takeLocks } from './take-lock.ts';

/**
 * Takes the sessions that are asked for, or says why not, in the order of the requests: with the answers and the rows that
 * there would be if they had come one after the other. Meant for up to 64; the whole batch commits as one.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no gateway of that name; none of the requests is answered
 */
export async function acquireSessions(
  trx: TruthTransaction,
  requests: readonly SessionRequest[],
): Promise<readonly SessionAnswer[]> {
  const refusals = await lockAndRefuse(
    trx,
    requests.map(({ vpnConnectionId }) => vpnConnectionId),
  );
  const answers = new Map<number, SessionAnswer>();
  const admitted: Turn[] = [];
  for (const [place, request] of requests.entries()) {
    const because = refusals.get(request.vpnConnectionId);
    if (because !== undefined) answers.set(place, { kind: 'refused', because });
    else admitted.push({ place, request, holderToken: randomUUID() }); // 122 random bits, from a store of them
  }
  const { displaced, renewed } = await takeTurns(trx, queuesOf(admitted), answers);
  if (renewed.length > 0) await renewLocks(trx, renewed.toSorted(byConnection));
  const triggers = await tellDisplaced(trx, displaced);
  return requests.map((_request, place) => withTriggers(answers.get(place), triggers.get(place)));
}

/** One for each connection, in the order of their ids. */
function queuesOf(turns: readonly Turn[]): readonly Queue[] {
  const queues = Map.groupBy(turns, ({ request }) => request.vpnConnectionId);
  return [...queues]
    .toSorted(([one], [other]) => one - other)
    .map(([_id, turnsOfOne]) => ({ turns: turnsOfOne }));
}

/** Again as long as sessions have to end for those that come next. */
async function takeTurns(
  trx: TruthTransaction,
  all: readonly Queue[],
  answers: Map<number, SessionAnswer>,
): Promise<{ readonly displaced: readonly Displaced[]; readonly renewed: readonly StoredLock[] }> {
  const displaced: Displaced[] = [];
  const renewed: StoredLock[] = [];
  let queues = all;
  while (queues.length > 0) {
    const locks = await take(
      trx,
      queues.flatMap(({ turns }) => turns.slice(0, 1)),
    );
    const settled = queues.map((queue) => settleTurns(lockFor(queue, locks), queue));
    for (const { place, answer } of settled.flatMap((one) => one.answers)) answers.set(place, answer);
    renewed.push(...settled.flatMap((one) => one.renewed ?? []));
    const rests = settled.flatMap(({ rest }) => rest ?? []);
    const ended = rests.map((rest) => rest.displaced);
    if (ended.length > 0) await end(trx, ended);
    displaced.push(...ended);
    queues = rests;
  }
  return { displaced, renewed };
}

function byConnection(one: StoredLock, other: StoredLock): number {
  return one.vpn_connection_id - other.vpn_connection_id;
}

function lockFor({ turns }: Queue, locks: ReadonlyMap<number, StoredLock>): StoredLock {
  const lock = locks.get(turns[0]?.request.vpnConnectionId ?? Number.NaN);
  if (lock === undefined) throw new Error('a row that was just inserted or found is not there');
  return lock;
}

/** @param turns - of different connections, in the order of their ids */
async function take(trx: TruthTransaction, turns: readonly Turn[]): Promise<ReadonlyMap<number, StoredLock>> {
  try {
    return await takeLocks(trx, turns.map(proposedBy));
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID')) {
      for (const gateway of new Set(turns.map(({ request }) => request.gateway)))
        await requireGateway(trx, gateway);
    }
    throw error;
  }
}

function proposedBy({ request, holderToken }: Turn): ProposedLock {
  return {
    vpn_connection_id: request.vpnConnectionId,
    session_key: request.sessionKey,
    acquired_at: encodeTime(request.at),
    expires_at: encodeTime(request.expiresAt),
    gateway: request.gateway,
    nas_ip: request.nasIp ?? null,
    ifname: null,
    framed_ip: null,
    framed_ipv6: null,
    acct_session_id: null,
    holder_token: holderToken,
    request_vector: request.requestVector,
    confirmed_at: null,
    nas_applied: request.nasApplied ?? null,
  };
}

/** Ends the sessions that stand in the way, which this transaction has locked, in the order of the requests. */
async function end(trx: TruthTransaction, displaced: readonly Displaced[]): Promise<void> {
  const inOrder = displaced.toSorted((one, other) => one.turn.place - other.turn.place);
  await endEach(
    trx,
    inOrder.map(({ turn, lock, reason }) => ({
      lock,
      reason,
      at: encodeTime(turn.request.at),
      mayLiveAtNas: true,
    })),
  );
}

/** @returns the trigger of each place whose request has displaced a session that a gateway follows */
async function tellDisplaced(
  trx: TruthTransaction,
  displaced: readonly Displaced[],
): Promise<ReadonlyMap<number, RecordedTrigger>> {
  if (displaced.length === 0) return new Map();
  const news = displaced
    .toSorted((one, other) => one.turn.place - other.turn.place)
    .flatMap(({ turn: { place, request }, lock, reason }) => {
      if (!isFollowed(lock)) return [];
      const { vpnConnectionId, at } = request;
      return [
        { place, trigger: { gateway: lock.gateway, reason: `session-${reason}`, vpnConnectionId, at } },
      ];
    });
  const recorded = await recordTriggers(
    trx,
    news.map(({ trigger }) => trigger),
  );
  const byGateway = Map.groupBy(recorded, ({ gateway }) => gateway);
  const triggers = new Map<number, RecordedTrigger>();
  for (const { place, trigger } of news) {
    const first = byGateway.get(trigger.gateway)?.shift(); // those of one gateway are in the order given
    if (first !== undefined) triggers.set(place, first);
  }
  return triggers;
}

function withTriggers(
  answer: SessionAnswer | undefined,
  trigger: RecordedTrigger | undefined,
): SessionAnswer {
  if (answer === undefined) throw new Error('a request was not answered');
  return trigger === undefined || !('triggers' in answer) ? answer : { ...answer, triggers: [trigger] };
}
