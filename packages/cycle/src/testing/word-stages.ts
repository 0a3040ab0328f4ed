/** Fake stages: a set of words that should be there, and a list of what happened in which order. */
import type { TriggerReason, Verdict } from '@holdfast/action-plan';
import { type Clock, HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { cycle } from '../cycle.ts';
import type { CycleOptions } from '../cycle-options.ts';
import type { CallerStages, HeldStages, RunResult } from '../stages.ts';

export type Words = readonly string[];
export interface WordChanges {
  readonly add: Words;
  readonly remove: Words;
}
export type FakeStages = CallerStages<TriggerReason, string> & HeldStages<Words, Words, WordChanges, string>;

export const options: CycleOptions = { mode: 'apply', waitMs: 1_000, priority: 'interactive' };
export const reason: TriggerReason = { kind: 'ip-up', scope: 'policy:gw1' };

/** A clock whose sleeps pass at once and are written down. */
function fakeClock(): Clock & { readonly sleeps: number[] } {
  let nowMs = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

/** Everything a test may want to have been different. */
export interface World {
  truth: Words;
  actual: Words;
  verdict: Verdict<string>;
  ticket: number | undefined;
  covered: number;
  hasIntent: boolean;
  readonly signal: AbortController;
  readonly log: string[];
  readonly reports: RunResult<Words, WordChanges>[];
  readonly clock: ReturnType<typeof fakeClock>;
  /** Called for each write with its number from 1; may throw or interfere. */
  onWrite: (write: number) => void;
  onLock: () => void;
  /** What changed since the last run, where that is known. */
  news: Words | undefined;
  /** Whether somebody of higher priority waits for the lock. */
  isContended: () => boolean;
}

export function world(facts: Partial<World> = {}): World {
  return {
    truth: ['a', 'b'],
    actual: [],
    verdict: { kind: 'act', actions: ['converge'], because: 'asked' },
    ticket: 7,
    covered: 0,
    hasIntent: false,
    signal: new AbortController(),
    log: [],
    reports: [],
    clock: fakeClock(),
    onWrite: () => undefined,
    onLock: () => undefined,
    news: undefined,
    isContended: () => false,
    ...facts,
  };
}

export function fakeStages(w: World): FakeStages {
  let writes = 0;
  return {
    trigger: async () => {
      w.log.push('trigger');
      return w.ticket;
    },
    decide: () => {
      w.log.push('decide');
      return w.verdict;
    },
    lock: async (plan, work) => {
      w.log.push(`lock ${plan.scope}`);
      w.onLock();
      try {
        const { signal } = w.signal;
        return await work(fakeHeld({ scope: plan.scope, waitedMs: 12, signal, contended: w.isContended }));
      } finally {
        w.log.push('unlock');
      }
    },
    isCovered: async (ticket) => ticket <= w.covered,
    readTruth: async () => {
      w.log.push('truth');
      return { desired: w.truth, covers: 9 };
    },
    readNews: async () => (w.news === undefined ? undefined : { desired: w.news, covers: 8 }),
    tell: async () => {
      w.log.push('tell');
    },
    // A word at a time.
    partsOf: ({ add, remove }) => [
      ...add.map((word) => ({ add: [word], remove: [] })),
      ...remove.map((word) => ({ add: [], remove: [word] })),
    ],
    readActual: async (_held, desired) => {
      w.log.push('actual');
      return desired === w.news ? w.actual.filter((word) => desired.includes(word)) : w.actual;
    },
    diff: (desired, actual) => ({
      add: desired.filter((word) => !actual.includes(word)),
      remove: actual.filter((word) => !desired.includes(word)),
    }),
    isEmpty: ({ add, remove }) => add.length + remove.length === 0,
    drift: ({ add, remove }) => [...add.map((word) => `+${word}`), ...remove.map((word) => `-${word}`)],
    guard: ({ remove }) => {
      w.log.push('guard');
      if (remove.length > 2) throw new HoldfastError('REMOVAL_REFUSED', 'too many');
    },
    intent: {
      isOpen: async () => w.hasIntent,
      open: async () => {
        w.log.push('open intent');
        w.hasIntent = true;
      },
      close: async () => {
        w.log.push('close intent');
        w.hasIntent = false;
      },
    },
    write: async ({ add, remove }) => {
      w.log.push('write');
      writes += 1;
      const after = [...w.actual.filter((word) => !remove.includes(word)), ...add];
      w.onWrite(writes);
      w.actual = after;
    },
    report: async (_held, result) => {
      w.log.push(`report ${result.kind}`);
      w.reports.push(result);
    },
  };
}

export const run = (w: World, more: Partial<CycleOptions> = {}) =>
  cycle(reason, fakeStages(w), { ...options, clock: w.clock, ...more });

export const failing = (code: 'DATAPLANE_FAILED' | 'NOT_PERMITTED') => () => {
  throw new HoldfastError(code, 'the kernel said no');
};
