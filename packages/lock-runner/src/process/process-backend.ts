/**
 * Locks inside one process: the cheapest backend, for state that no other process touches. Waiting is a queue of
 * promises; a process that dies takes its locks along. Worker threads have queues of their own: it does not exclude them.
 */
import { hostname } from 'node:os';
import { type Clock, type LockParty, systemClock } from '@holdfast/base';
import type { Grant, LockBackend, LockRequest } from '../lock-backend.ts';
import { waitLimit, waitLimitPassed } from '../wait-limit.ts';
import { enter, isContended, type Leave, type QueueMember, queueOf, tryEnter } from './process-queue.ts';

/** One sequence for all scopes: a generation only has to grow, and a table of counters would never shrink. */
const sequenceKey = Symbol.for('holdfast.lock-runner.process-fence');
const shared = globalThis as { [sequenceKey]?: { last: number } };
shared[sequenceKey] ??= { last: 0 };
const sequence = shared[sequenceKey];

export function createProcessBackend({ clock = systemClock }: { readonly clock?: Clock } = {}): LockBackend {
  const keyOf = (scope: string) => `process:${scope}`;
  return {
    name: 'process',
    modes: ['exclusive', 'shared'],
    guarantee: { scope: 'process', crashRelease: 'immediate', canBeLost: false, fenced: true, fair: true },
    keyOf,
    acquire: async (request) => {
      const leave = await enterProcessQueue(keyOf(request.scope), request, clock);
      return leave === undefined ? undefined : grantOf(keyOf(request.scope), request, leave);
    },
    who: (scope) => {
      const { inside, waiting } = queueOf(keyOf(scope));
      const [holder] = inside.map((member) => queuedParty(member, clock));
      return {
        ...(holder === undefined ? {} : { holder }),
        waiters: waiting.map((member) => queuedParty(member, clock)),
      };
    },
  };
}

/**
 * The in-process part of every backend: one task at a time goes on to whatever lies beyond.
 *
 * @returns undefined when the limit passed first
 */
export async function enterProcessQueue(
  key: string,
  request: LockRequest,
  clock: Clock,
): Promise<Leave | undefined> {
  const { mode, priority, purpose, waitMs, signal, onBlocked } = request;
  signal?.throwIfAborted();
  const member: QueueMember = { mode, priority, purpose, sinceMs: clock.monotonicMs(), overtakenBy: 0 };
  const entered = tryEnter(key, member);
  if (entered !== undefined) return entered;
  if (waitMs === 0) return undefined;
  onBlocked();
  using limit = waitLimit(waitMs, signal);
  try {
    return await enter(key, member, limit.signal);
  } catch (error) {
    if (error === waitLimitPassed) return undefined;
    throw error;
  }
}

/** A member of this process's queue, as others are told about it. */
export function queuedParty({ purpose, sinceMs }: QueueMember, clock: Clock): LockParty {
  return {
    pid: process.pid,
    host: hostname(),
    ...(purpose === undefined ? {} : { purpose }),
    sinceMs: clock.monotonicMs() - sinceMs,
  };
}

function grantOf(key: string, { priority }: LockRequest, leave: Leave): Grant {
  return {
    allotFence: async () => {
      sequence.last += 1;
      return sequence.last;
    },
    contended: () => isContended(key, priority),
    publish: (_fence, step) => step(), // inside one process nobody can have overtaken a hold that is not released
    release: leave,
  };
}
