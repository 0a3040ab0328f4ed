/**
 * Brings spooled events into truth, oldest first, under the lock of the spool. An event is removed after the commit that
 * has it; killed in between, it is applied again, which changes nothing.
 *
 * Events of one user follow one another. Those of different users have nothing to do with each other, so a few are under way
 * at once and share the flushes of the database; what a NAS says of itself concerns all of its sessions and is applied alone.
 */
import type { Held, HoldfastError } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import type { AccountingEvent } from '../accounting/accounting-event.ts';
import { failureOf } from '../accounting/failure-kind.ts';
import type { AccountingSpool } from './accounting-spool.ts';

export interface DrainSpool {
  readonly spool: AccountingSpool;
  /** Of the spool. */
  readonly held: Held;
  /** Ends it between two events. */
  readonly signal: AbortSignal;
  /** Brings one event into truth, all of it. May be called again for the same one. */
  readonly apply: (event: AccountingEvent) => Promise<'applied' | 'ignored'>;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Told what became of each file. */
  readonly onDrained: (drained: Drained) => void;
  /** Called after each commit, before its file is removed. Tests stop the world here. */
  readonly onCommit?: ((event: AccountingEvent) => void | Promise<void>) | undefined;
}

export interface Drained {
  readonly name: string;
  readonly result: 'applied' | 'ignored' | 'refused' | 'damaged';
  /** Undefined for a file that could not be read. */
  readonly event?: AccountingEvent;
  readonly error?: HoldfastError;
}

/** Events that are read at once, and users whose events are under way at once. */
const batchSize = 256;
const usersAtOnce = 4;

/**
 * Empties the spool.
 *
 * @returns undefined when it is empty, else the failure that whoever tries later may not meet
 * @throws HoldfastError LOCK_LOST, LOCK_RELEASED - another drain has taken over
 * @throws HoldfastError READ_FAILED - the spool cannot be read
 */
export async function drainSpool(drain: DrainSpool): Promise<HoldfastError | undefined> {
  const { spool, signal } = drain;
  // What is listed a second time although it was drained is left to the next drain: never round and round.
  let seen: ReadonlySet<string> = new Set();
  for (;;) {
    const names = (await spool.list()).filter((name) => !seen.has(name));
    if (names.length === 0) return undefined;
    for (let from = 0; from < names.length; from += batchSize) {
      const failure = await drainBatch(names.slice(from, from + batchSize), drain);
      if (failure !== undefined || signal.aborted) return failure;
    }
    seen = new Set(names);
  }
}

interface Found {
  readonly name: string;
  readonly event: AccountingEvent;
}

async function drainBatch(names: readonly string[], drain: DrainSpool): Promise<HoldfastError | undefined> {
  const found: Found[] = [];
  for (const name of names) {
    const read = await drain.spool.read(name);
    if (read.kind === 'damaged') {
      await refuse(drain, { name, result: 'damaged', error: asHoldfastError(read.error) });
    } else if (read.kind === 'event') found.push({ name, event: read.event });
  }
  for (const stretch of stretchesOf(found)) {
    const failure = await drainStretch(stretch, drain);
    if (failure !== undefined || drain.signal.aborted) return failure;
  }
  return undefined;
}

/** Cuts before and behind every event of a NAS. */
function stretchesOf(found: readonly Found[]): readonly (readonly Found[])[] {
  const stretches: Found[][] = [];
  for (const one of found) {
    const isOfNas = one.event.user === '';
    const last = stretches.at(-1);
    if (last === undefined || isOfNas || last[0]?.event.user === '') stretches.push([one]);
    else last.push(one);
  }
  return stretches;
}

async function drainStretch(
  stretch: readonly Found[],
  drain: DrainSpool,
): Promise<HoldfastError | undefined> {
  const byUser = [...Map.groupBy(stretch, ({ event }) => event.user).values()];
  let failure: HoldfastError | undefined;
  const work = async () => {
    for (let events = byUser.shift(); events !== undefined; events = byUser.shift()) {
      for (const one of events) {
        if (failure !== undefined || drain.signal.aborted) return;
        failure = (await drainOne(one, drain)) ?? failure;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: usersAtOnce }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return failure;
}

/** @returns the failure that leaves the event where it is */
async function drainOne({ name, event }: Found, drain: DrainSpool): Promise<HoldfastError | undefined> {
  const { spool, held, apply, onDrained, onCommit } = drain;
  let result: 'applied' | 'ignored';
  try {
    result = await apply(event);
  } catch (thrown) {
    if (drain.signal.aborted) return undefined;
    const { kind, error } = failureOf(thrown, drain.wallMs() - event.receivedMs);
    if (kind === 'later') return error;
    await refuse(drain, { name, result: 'refused', event, error });
    return undefined;
  }
  await onCommit?.(event);
  await spool.remove(name, held);
  onDrained({ name, result, event });
  return undefined;
}

async function refuse({ spool, onDrained }: DrainSpool, drained: Drained): Promise<void> {
  await spool.refuse(drained.name);
  onDrained(drained);
}
