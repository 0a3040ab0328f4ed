/** Events into truth: all of a batch in one transaction, or each in its own where one of them cannot be taken. */
import { type HoldfastError, isHoldfastError } from '@holdfast/base';
import {
  type HookOutcome,
  lockConnectionsOfUsers,
  reportSessionDown,
  reportSessionUp,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import type { TimedEvent } from './event-order.ts';

export interface WriteEventsOptions {
  readonly truth: Truth;
  readonly gateway: string;
}

export interface WrittenEvent extends TimedEvent {
  readonly outcome: HookOutcome | { readonly kind: 'unknown' } | FailedEvent;
}

export interface FailedEvent {
  readonly kind: 'failed';
  readonly error: HoldfastError;
}

/** A file may claim any time; truth ends here. */
const latestMs = Date.UTC(9999, 0);

/** Failures of one event, that leave the others as good as they are. */
const ofOneEvent = ['CAPACITY', 'TRUTH_INVALID'] as const;

export async function writeEvents(
  events: readonly TimedEvent[],
  options: WriteEventsOptions,
): Promise<readonly WrittenEvent[]> {
  try {
    return await options.truth.transaction((trx) => writeBatch(trx, events, options));
  } catch (error) {
    if (!isOfOneEvent(error)) throw error;
    if (events.length > 1) return await writeEach(events, options);
    return events.map((event) => ({ ...event, outcome: { kind: 'failed', error } }));
  }
}

async function writeEach(
  events: readonly TimedEvent[],
  options: WriteEventsOptions,
): Promise<readonly WrittenEvent[]> {
  const written: WrittenEvent[] = [];
  for (const event of events) written.push(...(await writeEvents([event], options)));
  return written;
}

async function writeBatch(
  trx: TruthTransaction,
  events: readonly TimedEvent[],
  options: WriteEventsOptions,
): Promise<readonly WrittenEvent[]> {
  const users = events.flatMap(({ event }) => (event.user === undefined ? [] : [event.user]));
  const ids = await lockConnectionsOfUsers(trx, users);
  const written: WrittenEvent[] = [];
  for (const timed of events) {
    const id = timed.event.user === undefined ? undefined : ids.get(timed.event.user);
    const outcome =
      id === undefined ? ({ kind: 'unknown' } as const) : await writeEvent(trx, id, timed, options);
    written.push({ ...timed, outcome });
  }
  return written;
}

function writeEvent(
  trx: TruthTransaction,
  vpnConnectionId: number,
  { event, writtenNs }: TimedEvent,
  { gateway }: WriteEventsOptions,
): Promise<HookOutcome> {
  const { source, session, boot, ifname, framedIp, framedIpv6, verb, part } = event;
  const about = {
    vpnConnectionId,
    gateway,
    source,
    session,
    boot,
    // The same whenever it is ingested: an event is known again by it.
    at: Math.min(Math.max(0, Number(writtenNs / 1_000_000n)), latestMs),
    ifname: ifname ?? null,
    framedIp: framedIp ?? null,
    framedIpv6: framedIpv6 ?? null,
  };
  return verb === 'down'
    ? reportSessionDown(trx, { ...about, part })
    : reportSessionUp(trx, { ...about, verb });
}

function isOfOneEvent(error: unknown): error is HoldfastError {
  return ofOneEvent.some((code) => isHoldfastError(error, code));
}
