/**
 * What every backend of `LockRunner` must do, as a suite to be called with a subject. Checks order, state and codes
 * only, never how the backend gets there. That something blocks is proved by a step of its peer, never by sleeping.
 * Not part of the build.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Held, LockMode, LockObserver, LockReport } from '@holdfast/base';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LockBackendChoice } from './choose-backend.ts';
import { closeIdleLockFiles } from './flock/kept-lock-files.ts';
import { type LockOptions, LockRunner } from './lock-runner.ts';
import { queuedKeys } from './process/process-queue.ts';

export interface LockContractSubject {
  /** Its name, as holds tell it. */
  readonly backend: string;
  /** As `LockRunner` takes it. */
  readonly choice: LockBackendChoice;
  /** What it gives; what it does not give it has to refuse. */
  readonly modes: readonly LockMode[];
  /**
   * Takes the lock of `scope` behind the runner's back, as another process would; undefined when it is not free. Absent
   * where nobody outside the process can.
   */
  readonly takeFromOutside?: (
    directory: string,
    scope: string,
  ) => Outsider | undefined | Promise<Outsider | undefined>;
  /** Runs of the random interleavings. */
  readonly randomRuns: number;
}

/** Somebody outside the runner who holds the lock. */
export interface Outsider {
  giveBack(): void | Promise<void>;
}

/** Resolves when `claim` is true, looking once per turn of the event loop. The test's own limit is its guard. */
export async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await claim())) await turn();
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * What a test has left behind in `directory`: descriptors, helper processes, queue entries, timers. What is kept for the
 * next hold on purpose is closed before.
 */
export async function leftovers(directory: string, timersBefore: number): Promise<readonly string[]> {
  await closeIdleLockFiles();
  const open = readdirSync('/proc/self/fd').filter((fd) => isBelow(directory, fd));
  return [
    ...open.map((fd) => `descriptor of ${linkOf(`/proc/self/fd/${fd}`)}`),
    ...helpersIn(directory).map((pid) => `helper ${pid}`),
    ...queuedKeys().filter((key) => key.startsWith(directory) || key.includes(basename(directory))),
    ...((await isTimerLeft(timersBefore)) ? ['timer'] : []),
  ];
}

/** Whether a descriptor of this process is of something below `directory`. */
export function isBelow(directory: string, fd: string): boolean {
  return linkOf(`/proc/self/fd/${fd}`).startsWith(directory);
}

/** Helper processes of ours that wait for locks below `directory`, or idle. */
export function helpersIn(directory: string): readonly number[] {
  return childrenOf(process.pid).filter((pid) => linkOf(`/proc/${pid}/fd/3`).startsWith(directory));
}

/** Whether there are more for good: the test runner has one of its own at times, for a tenth of a second. */
export async function isTimerLeft(timersBefore: number): Promise<boolean> {
  for (let looks = 0; looks < 30 && activeTimers() > timersBefore; looks += 1) await delay(10);
  return activeTimers() > timersBefore;
}

export function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = contentOf(`/proc/${pid}/task/${task}/children`).trim();
    return children === '' ? [] : children.split(' ').map(Number);
  });
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it ended meanwhile
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** A gate that somebody else opens. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

export function describeLockBackend(subject: LockContractSubject): void {
  const { backend, choice, modes, takeFromOutside, randomRuns } = subject;
  const isShareable = modes.includes('shared');
  describe(`${backend} backend`, () => {
    let directory: string;
    let scope: string;
    let timersBefore: number;
    let events: string[];
    let runners: LockRunner[];

    const observer: LockObserver = {
      waiting: (wait) => events.push(`waiting ${wait.scope}`),
      acquired: (event) => events.push(`acquired ${event.waitedMs === 0 ? 'at once' : 'later'}`),
      gaveUp: (event) => events.push(`gave up ${event.outcome}`),
      released: () => events.push('released'),
    };
    const createRunner = () => {
      const runner = new LockRunner({ directory, backend: choice, observer });
      runners.push(runner);
      return runner;
    };
    const tryOnce = (runner: LockRunner, options: LockOptions = {}, name = scope) =>
      runner.run(name, { ...options, waitMs: 0 }, () => 'ran');
    const waiters = async (runner: LockRunner, count: number): Promise<LockReport> => {
      await until(async () => (await runner.who(scope)).waiters.length === count);
      return runner.who(scope);
    };

    /** For what a backend without shared locks cannot do; that it refuses them is a test of its own. */
    const itShared = (title: string, test: () => Promise<void>) => {
      if (isShareable) it(title, test);
    };

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
      scope = `contract:${basename(directory)}`;
      events = [];
      runners = [];
      timersBefore = activeTimers();
    });

    afterEach(async () => {
      vi.useRealTimers();
      await Promise.all(runners.map((runner) => runner.close()));
      const left = await leftovers(directory, timersBefore);
      rmSync(directory, { recursive: true });
      expect(left).toEqual([]);
    });

    describe('exclusion', () => {
      it('lets one exclusive holder in at a time', async () => {
        const runners = [createRunner(), createRunner()];
        let inside = 0;
        let most = 0;
        const task = (runner: LockRunner) =>
          runner.run(scope, {}, async () => {
            inside += 1;
            most = Math.max(most, inside);
            await turn();
            inside -= 1;
          });
        await Promise.all(runners.flatMap((runner) => Array.from({ length: 10 }, () => task(runner))));
        expect(most).toBe(1);
      });

      it('lets holders of different scopes in together', async () => {
        const runner = createRunner();
        const result = await runner.run(scope, {}, () => tryOnce(runner, {}, `${scope}:other`));
        expect(result).toBe('ran');
      });

      itShared('lets shared holders in together', async () => {
        const runner = createRunner();
        const both = gate();
        let inside = 0;
        const read = () =>
          runner.run(scope, { mode: 'shared' }, async () => {
            inside += 1;
            if (inside === 2) both.open();
            await both.opened; // would never settle if they excluded each other
          });
        await Promise.all([read(), read()]);
        expect(inside).toBe(2);
      });

      itShared(
        'keeps a writer out while somebody reads, and a reader out while somebody writes',
        async () => {
          const runner = createRunner();
          const reader = await runner.acquire(scope, { mode: 'shared' });
          await expect(tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
          await reader.release();
          const writer = await runner.acquire(scope);
          await expect(tryOnce(runner, { mode: 'shared' })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
          await writer.release();
        },
      );

      itShared('serves a waiting writer before readers that came after it', async () => {
        const runner = createRunner();
        const order: string[] = [];
        const first = await runner.acquire(scope, { mode: 'shared' });
        const writer = runner.run(scope, {}, () => order.push('writer'));
        const reader = runner.run(scope, { mode: 'shared' }, () => order.push('reader'));
        await expect(tryOnce(runner, { mode: 'shared' })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
        await first.release();
        await Promise.all([writer, reader]);
        expect(order).toEqual(['writer', 'reader']);
      });

      itShared('lets readers in again when the writer they wait behind gives up', async () => {
        const runner = createRunner();
        const first = await runner.acquire(scope, { mode: 'shared' });
        const cancel = new AbortController();
        const writer = runner.run(scope, { signal: cancel.signal, waitMs: Infinity }, () => undefined);
        const reader = runner.run(scope, { mode: 'shared', waitMs: Infinity }, () => 'read');
        cancel.abort();
        await expect(writer).rejects.toMatchObject({ code: 'CANCELLED' });
        await expect(reader).resolves.toBe('read'); // while the first reader is still inside
        await expect(tryOnce(runner, { mode: 'shared' })).resolves.toBe('ran');
        await first.release();
      });
    });

    if (!isShareable) {
      it('refuses to lock shared what it can only lock exclusively', async () => {
        await expect(tryOnce(createRunner(), { mode: 'shared' })).rejects.toMatchObject({
          code: 'LOCK_UNSUPPORTED',
        });
      });
    }

    describe('order', () => {
      it('serves the waiters of one process in the order they came', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        const order: number[] = [];
        const tasks = Array.from({ length: 12 }, (_, place) =>
          runner.run(scope, {}, () => order.push(place)),
        );
        await waiters(runner, 12);
        await holder.release();
        await Promise.all(tasks);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      });

      it('serves interactive waiters before background ones, but only ten of them', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        const order: string[] = [];
        const wait = (priority: 'interactive' | 'background') =>
          runner.run(scope, { priority }, () => order.push(priority));
        const tasks = [wait('background'), ...Array.from({ length: 12 }, () => wait('interactive'))];
        await holder.release();
        await Promise.all(tasks);
        expect(order.indexOf('background')).toBe(10);
      });
    });

    describe('limits', () => {
      it('refuses at once with limit 0, names the holder and announces no wait', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope, { purpose: 'long work' });
        const holderOf = { pid: process.pid, purpose: 'long work', sinceMs: expect.any(Number) };
        await expect(tryOnce(runner)).rejects.toMatchObject({
          code: 'LOCK_BUSY',
          details: { scope, waitMs: 0, waitedMs: 0, holder: holderOf },
        });
        await holder.release();
        expect(events).toEqual(['acquired at once', 'gave up timeout', 'released']);
      });

      it('gives up when a finite limit passes, and leaves nothing in the queue', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        await expect(runner.run(scope, { waitMs: 15 }, () => 'ran')).rejects.toMatchObject({
          code: 'LOCK_BUSY',
          details: { waitMs: 15, holder: { pid: process.pid } },
        });
        expect(holder.contended()).toBe(false);
        await holder.release();
        await expect(tryOnce(runner)).resolves.toBe('ran');
        expect(events.slice(1, 4)).toEqual([`waiting ${scope}`, 'gave up timeout', 'released']);
      });

      it('waits without a limit until it is granted', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        const waiter = runner.acquire(scope, { waitMs: Number.POSITIVE_INFINITY });
        await waiters(runner, 1);
        await holder.release();
        const held = await waiter;
        expect(held.waitedMs).toBeGreaterThan(0);
        expect(held.budgetMs).toBe(Number.POSITIVE_INFINITY);
        await held.release();
        expect(events).toContain('acquired later');
      });

      it('counts a limit longer than any timer as long', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope, { holdDeadlineMs: 2 ** 40 });
        const waiter = runner.run(scope, { waitMs: 2 ** 40 }, () => 'ran');
        await waiters(runner, 1);
        expect(holder.signal.aborted).toBe(false);
        await holder.release();
        await expect(waiter).resolves.toBe('ran');
      });

      it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY])('refuses the limit %s', async (waitMs) => {
        const runner = createRunner();
        const refused = { code: 'DURATION_INVALID' };
        await expect(runner.run(scope, { waitMs }, () => 'ran')).rejects.toMatchObject(refused);
        await expect(runner.run([scope], { waitMs }, () => 'ran')).rejects.toMatchObject(refused);
        await expect(runner.acquire(scope, { holdDeadlineMs: waitMs })).rejects.toMatchObject(refused);
      });
    });

    describe('cancellation', () => {
      const reason = new Error('enough');

      it('refuses when the signal had aborted before, without touching the lock', async () => {
        const runner = createRunner();
        const signal = AbortSignal.abort(reason);
        const work = vi.fn();
        await expect(runner.run(scope, { signal }, work)).rejects.toMatchObject({
          code: 'CANCELLED',
          cause: reason,
        });
        expect(work).not.toHaveBeenCalled();
        expect(await runner.who(scope)).toEqual({ waiters: [] });
      });

      it('ends a wait when the signal aborts', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        const cancel = new AbortController();
        const waiter = runner.run(scope, { signal: cancel.signal, waitMs: Infinity }, () => 'ran');
        await waiters(runner, 1);
        cancel.abort(reason);
        await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
        expect((await runner.who(scope)).waiters).toEqual([]);
        await holder.release();
        expect(events).toContain('gave up cancelled');
      });

      it.each(['before', 'after'])(
        'starts no work when the signal aborts right %s the release',
        async (when) => {
          const runner = createRunner();
          const holder = await runner.acquire(scope);
          const cancel = new AbortController();
          const work = vi.fn();
          const waiter = runner.run(scope, { signal: cancel.signal }, work);
          await waiters(runner, 1);
          const cancelled = expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
          if (when === 'before') cancel.abort(reason);
          const released = holder.release();
          cancel.abort(reason); // in the same tick
          await released;
          await cancelled;
          expect(work).not.toHaveBeenCalled();
          await expect(tryOnce(runner)).resolves.toBe('ran');
        },
      );

      it('keeps the order of the others when waiters in the middle give up', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope);
        const cancel = new AbortController();
        const order: number[] = [];
        const tasks = Array.from({ length: 9 }, (_, place) =>
          runner
            .run(scope, place % 2 === 1 ? { signal: cancel.signal } : {}, () => order.push(place))
            .catch(() => undefined),
        );
        await waiters(runner, 9);
        cancel.abort();
        await waiters(runner, 5);
        await holder.release();
        await Promise.all(tasks);
        expect(order).toEqual([0, 2, 4, 6, 8]);
      });

      it('adds no listener that stays to a signal that serves many waits', async () => {
        const runner = createRunner();
        const { signal } = new AbortController();
        const added = vi.spyOn(signal, 'addEventListener');
        const removed = vi.spyOn(signal, 'removeEventListener');
        await Promise.all(Array.from({ length: 40 }, () => runner.run(scope, { signal }, turn)));
        expect(removed.mock.calls.length).toBe(added.mock.calls.length);
      });
    });

    it('survives any interleaving of waits, releases and aborts', async () => {
      const step = fc.oneof(
        fc.record({
          kind: fc.constant('start' as const),
          mode: fc.constantFrom(...modes),
          priority: fc.constantFrom('interactive' as const, 'background' as const),
          waitMs: fc.constantFrom(0, 1, 3, Number.POSITIVE_INFINITY),
        }),
        fc.record({ kind: fc.constantFrom('abort' as const, 'release' as const), of: fc.nat(11) }),
        fc.record({ kind: fc.constantFrom('turn' as const, 'microtask' as const, 'outside' as const) }),
      );
      const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
        const world = new Interleaving(createRunner(), scope, async () =>
          takeFromOutside?.(directory, scope),
        );
        for (const next of steps) await world.apply(next);
        await world.settle();
        expect(world.violations).toEqual([]);
        expect(await createRunner().who(scope)).toEqual({ waiters: [] });
        expect(await leftovers(directory, timersBefore)).toEqual([]);
        await expect(tryOnce(createRunner())).resolves.toBe('ran');
      });
      await fc.assert(property, { numRuns: randomRuns });
    }, 60_000);

    describe('re-entry', () => {
      it('is refused with the place that holds the scope', async () => {
        const runner = createRunner();
        const inner = runner.run(scope, {}, () => runner.run(scope, {}, () => 'ran'));
        await expect(inner).rejects.toMatchObject({ code: 'LOCK_REENTRANT', details: { scope } });
        const error = await inner.catch((caught) => caught);
        expect(error.details.lockedAt.join('\n')).toContain('lock-contract.ts');
        await expect(tryOnce(runner)).resolves.toBe('ran');
      });

      it('is refused through other scopes, other runners and pauses', async () => {
        const runner = createRunner();
        const inner = runner.run([scope, `${scope}:b`], {}, async () => {
          await turn();
          return createRunner().acquire(scope, { mode: modes.at(-1) ?? 'exclusive' });
        });
        await expect(inner).rejects.toMatchObject({ code: 'LOCK_REENTRANT' });
      });

      it('is no re-entry when the outer hold has ended', async () => {
        const runner = createRunner();
        const ended = gate();
        let later: Promise<string> | undefined;
        await runner.run(scope, {}, () => {
          later = ended.opened.then(() => tryOnce(runner));
        });
        ended.open();
        await expect(later).resolves.toBe('ran');
      });
    });

    describe('a circle of waits', () => {
      it('is refused to the one who would close it, with the places of both', async () => {
        const runner = createRunner();
        const [a, b] = [`${scope}:a`, `${scope}:b`];
        const isWaiting = async () => (await runner.who(b)).waiters.length === 1;
        const holdsB = gate();
        const first = runner.run(a, {}, async () => {
          await holdsB.opened;
          return runner.run(b, { waitMs: Number.POSITIVE_INFINITY }, () => 'both');
        });
        const second = runner.run(b, {}, async () => {
          holdsB.open();
          await until(isWaiting);
          return runner.run(a, { waitMs: Number.POSITIVE_INFINITY }, () => 'never');
        });
        const error = await second.catch((caught) => caught);
        expect(error).toMatchObject({ code: 'LOCK_CYCLE', details: { scope: a, holds: b } });
        expect(error.details.lockedAt.join('\n')).toContain('lock-contract');
        expect(error.details.circle).toEqual([{ waitsFor: b, waitsAt: expect.any(Array) }]);
        await expect(first).resolves.toBe('both');
      });

      it('is found through a third chain', async () => {
        const runner = createRunner();
        const names = ['a', 'b', 'c'].map((name) => `${scope}:${name}`);
        const [a = '', b = '', c = ''] = names;
        const waits = async (name: string) => (await runner.who(name)).waiters.length === 1;
        const everyHold = [gate(), gate(), gate()];
        const hold = (place: number, then: () => Promise<string>) =>
          runner.run(names[place] ?? '', {}, async () => {
            everyHold[place]?.open();
            for (const one of everyHold) await one.opened;
            return then();
          });
        const forever = { waitMs: Number.POSITIVE_INFINITY };
        const first = hold(0, () => runner.run(b, forever, () => 'first'));
        const second = hold(1, () => runner.run(c, forever, () => 'second'));
        const third = hold(2, async () => {
          await until(async () => (await waits(b)) && (await waits(c)));
          return runner.run(a, forever, () => 'third');
        });
        await expect(third).rejects.toMatchObject({ code: 'LOCK_CYCLE' });
        await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
      });

      it('is none while the others only wait for the same lock', async () => {
        const runner = createRunner();
        const other = await runner.acquire(`${scope}:b`);
        const both = ['x', 'y'].map((name) =>
          runner.run(`${scope}:${name}`, {}, () => runner.run(`${scope}:b`, {}, () => name)),
        );
        await until(async () => (await runner.who(`${scope}:b`)).waiters.length === 2);
        await other.release();
        await expect(Promise.all(both)).resolves.toEqual(['x', 'y']);
      });
    });

    describe('several scopes', () => {
      it('never deadlock, whatever the order of their names', async () => {
        const runner = createRunner();
        const [a, b] = [`${scope}:a`, `${scope}:b`];
        let inside = 0;
        const enter = (scopes: readonly string[]) =>
          runner.run(scopes, {}, async (held) => {
            inside += 1;
            expect(inside).toBe(1);
            expect(held.map((hold) => hold.scope)).toEqual(scopes);
            await Promise.resolve();
            inside -= 1;
          });
        for (let round = 0; round < 200; round += 1) {
          await Promise.all([enter([a, b]), enter([b, a])]);
        }
      });

      it('are given back together when one of them cannot be had', async () => {
        const runner = createRunner();
        const other = await runner.acquire(`${scope}:b`);
        const both = runner.run([`${scope}:b`, `${scope}:a`], { waitMs: 0 }, () => 'ran');
        await expect(both).rejects.toMatchObject({ code: 'LOCK_BUSY', details: { scope: `${scope}:b` } });
        await expect(tryOnce(runner, {}, `${scope}:a`)).resolves.toBe('ran');
        await other.release();
      });

      it('are refused when there are none', async () => {
        await expect(createRunner().run([], {}, () => 'ran')).rejects.toMatchObject({
          code: 'SCOPE_INVALID',
        });
      });
    });

    describe('a hold', () => {
      it('is given back exactly once', async () => {
        const runner = createRunner();
        const first = await runner.acquire(scope);
        await first.release();
        const second = await runner.acquire(scope);
        await first.release();
        await first[Symbol.asyncDispose]();
        await expect(tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
        await second.release();
        expect(events.filter((event) => event === 'released')).toHaveLength(2);
      });

      it('ends with its block', async () => {
        const runner = createRunner();
        {
          await using held = await runner.acquire(scope);
          expect(held.isReleased).toBe(false);
        }
        await expect(tryOnce(runner)).resolves.toBe('ran');
      });

      it.each(['throws', 'rejects'])('is given back when the work %s', async (how) => {
        const runner = createRunner();
        const failure = new Error('work failed');
        const work = () => {
          if (how === 'throws') throw failure;
          return Promise.reject(failure);
        };
        await expect(runner.run(scope, {}, work)).rejects.toBe(failure);
        await expect(tryOnce(runner)).resolves.toBe('ran');
      });

      it('aborts its signal at its deadline and stays held', async () => {
        const runner = createRunner();
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const held = await runner.acquire(scope, { holdDeadlineMs: 1_000 });
        vi.advanceTimersByTime(999);
        expect(held.signal.aborted).toBe(false);
        vi.advanceTimersByTime(1);
        expect(held.signal.reason).toMatchObject({ code: 'LOCK_LOST' });
        expect(held.isReleased).toBe(false);
        await expect(tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
        const step = vi.fn();
        expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
        expect(step).not.toHaveBeenCalled();
        await held.release();
        expect(vi.getTimerCount()).toBe(0);
      });

      it('leaves no deadline behind when it ends before', async () => {
        const runner = createRunner();
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        const held = await runner.acquire(scope, { holdDeadlineMs: 1_000 });
        await held.release();
        expect(vi.getTimerCount()).toBe(0);
        expect(held.signal.aborted).toBe(false);
      });

      it('tells what was asked for and what it is', async () => {
        const runner = createRunner();
        await runner.run(scope, { waitMs: 5_000 }, (held) => {
          expect(held).toMatchObject({ scope, mode: 'exclusive', backend, waitedMs: 0, budgetMs: 5_000 });
          expect(held.guarantee).toEqual(runner.guarantee);
        });
      });
    });

    describe('generations', () => {
      it('grow from holder to holder and stay the same inside a hold', async () => {
        const fences: number[] = [];
        for (let holder = 0; holder < 5; holder += 1) {
          await createRunner().run(scope, {}, async (held) => {
            const both = await Promise.all([held.fence(), held.fence()]);
            expect(await held.fence()).toBe(both[0]);
            expect(both[1]).toBe(both[0]);
            fences.push(both[0]);
          });
        }
        expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
      });

      it('are refused with a publish after the release', async () => {
        const held = await createRunner().acquire(scope);
        await held.fence();
        await held.release();
        const step = vi.fn();
        expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_RELEASED' }));
        await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_RELEASED' });
        expect(step).not.toHaveBeenCalled();
      });

      itShared('are refused with a publish to a shared hold', async () => {
        const held = await createRunner().acquire(scope, { mode: 'shared' });
        const step = vi.fn();
        expect(() => held.publish(step)).toThrow(expect.objectContaining({ code: 'LOCK_WRONG_SCOPE' }));
        await expect(held.fence()).rejects.toMatchObject({ code: 'LOCK_WRONG_SCOPE' });
        expect(step).not.toHaveBeenCalled();
        await held.release();
      });

      it('let the holder publish, with and without one', async () => {
        await createRunner().run(scope, {}, async (held) => {
          expect(held.publish(() => 'unfenced')).toBe('unfenced');
          await held.fence();
          expect(held.publish(() => 'fenced')).toBe('fenced');
        });
      });
    });

    it('refuses a lock that promises less than is required, before it waits', async () => {
      const runner = createRunner();
      const holder = await runner.acquire(scope);
      const more =
        runner.guarantee.scope === 'network' ? { canBeLost: false } : { scope: 'network' as const };
      await expect(runner.run(scope, { require: more }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_UNSUPPORTED',
        details: { unmet: Object.keys(more) },
      });
      await holder.release();
      await expect(tryOnce(runner, { require: runner.guarantee })).resolves.toBe('ran');
    });

    describe('who', () => {
      it('names nobody when the lock is free', async () => {
        const runner = createRunner();
        expect(await runner.who(scope)).toEqual({ waiters: [] });
        await tryOnce(runner, { purpose: 'done' });
        expect(await runner.who(scope)).toEqual({ waiters: [] });
      });

      it('names the holder and the waiters with purpose and age', async () => {
        const runner = createRunner();
        const holder = await runner.acquire(scope, { purpose: 'copy' });
        const waiter = runner.run(scope, { purpose: 'look' }, () => undefined);
        const report = await waiters(runner, 1);
        const age = expect.toSatisfy((value: unknown) => typeof value === 'number' && value >= 0);
        expect(report.holder).toEqual({
          pid: process.pid,
          host: expect.any(String),
          purpose: 'copy',
          sinceMs: age,
        });
        expect(report.waiters).toMatchObject([{ pid: process.pid, purpose: 'look', sinceMs: age }]);
        await holder.release();
        await waiter;
      });

      it('does not give a holder the purpose of the one before it', async () => {
        const runner = createRunner();
        await tryOnce(runner, { purpose: 'before' });
        const held = await runner.acquire(scope);
        const { holder } = await runner.who(scope);
        expect(holder).toMatchObject({ pid: process.pid });
        expect(holder?.purpose).not.toBe('before');
        await held.release();
      });
    });

    describe('contended', () => {
      const waitBehind = async (runner: LockRunner, held: Held, options: LockOptions) => {
        const before = held.contended();
        const cancel = new AbortController();
        const waiter = runner.run(scope, { ...options, signal: cancel.signal }, () => 'ran');
        await waiters(runner, 1);
        const during = held.contended();
        cancel.abort();
        await expect(waiter).rejects.toMatchObject({ code: 'CANCELLED' });
        return [before, during, held.contended()];
      };

      it('is true only while somebody waits', async () => {
        const runner = createRunner();
        const held = await runner.acquire(scope);
        expect(await waitBehind(runner, held, {})).toEqual([false, true, false]);
        await held.release();
        expect(held.contended()).toBe(false);
      });

      it('is false for an interactive holder when background waits, true the other way round', async () => {
        const runner = createRunner();
        const interactive = await runner.acquire(scope);
        expect(await waitBehind(runner, interactive, { priority: 'background' })).toEqual([
          false,
          false,
          false,
        ]);
        await interactive.release();
        const background = await runner.acquire(scope, { priority: 'background' });
        expect(await waitBehind(runner, background, {})).toEqual([false, true, false]);
        await background.release();
      });

      itShared('is false among readers', async () => {
        const runner = createRunner();
        const readers = [
          await runner.acquire(scope, { mode: 'shared' }),
          await runner.acquire(scope, { mode: 'shared' }),
        ];
        expect(readers.map((held) => held.contended())).toEqual([false, false]);
        for (const held of readers) await held.release();
      });
    });

    describe('scopes', () => {
      it.each([
        ['empty', ''],
        ['10 000 characters', 'x'.repeat(10_000)],
        ['a NUL', 'a\0b'],
        ['a line break', 'a\nb'],
        ['a lone surrogate', 'a\ud800'],
      ])('that are no names are refused: %s', async (_what, bad) => {
        const runner = createRunner();
        await expect(runner.run(bad, {}, () => 'ran')).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
        await expect(runner.run([bad], {}, () => 'ran')).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
        await expect(runner.who(bad)).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
      });

      it.each(['../../x', '/etc/passwd', '.', '..', '🔒🔒', 'ÄÖÜ', 'con', ' ', 'x'.repeat(4_096)])(
        'of any other text are names: %s',
        async (odd) => {
          const runner = createRunner();
          await expect(tryOnce(runner, {}, odd)).resolves.toBe('ran');
          await expect(runner.run(odd, {}, (held) => held.scope)).resolves.toBe(odd);
        },
      );

      it('that differ in one character of any kind are different locks', async () => {
        const runner = createRunner();
        const names = ['a:b', 'a-b', 'A:b', 'a:b ', 'á:b', `${'x'.repeat(100)}1`, `${'x'.repeat(100)}2`];
        await expect(runner.run(names, { waitMs: 0 }, (held) => held.length)).resolves.toBe(names.length);
      });
    });
  });
}

type Step =
  | {
      readonly kind: 'start';
      readonly mode: 'exclusive' | 'shared';
      readonly priority: 'interactive' | 'background';
      readonly waitMs: number;
    }
  | { readonly kind: 'abort' | 'release'; readonly of: number }
  | { readonly kind: 'turn' | 'microtask' | 'outside' };

interface Call {
  readonly cancel: AbortController;
  readonly done: ReturnType<typeof gate>;
  readonly settled: Promise<unknown>;
}

/** One random history of a lock, which notes every moment at which too many were inside. */
class Interleaving {
  readonly violations: string[] = [];
  readonly #calls: Call[] = [];
  readonly #runner: LockRunner;
  readonly #scope: string;
  readonly #takeOutside: () => Promise<Outsider | undefined>;
  #outsider: Outsider | undefined;
  #readers = 0;
  #writers = 0;

  constructor(runner: LockRunner, scope: string, takeOutside: () => Promise<Outsider | undefined>) {
    this.#runner = runner;
    this.#scope = scope;
    this.#takeOutside = takeOutside;
  }

  async apply(step: Step): Promise<void> {
    switch (step.kind) {
      case 'start':
        this.#calls.push(this.#start(step));
        break;
      case 'abort':
        this.#calls[step.of]?.cancel.abort();
        break;
      case 'release':
        this.#calls[step.of]?.done.open();
        break;
      case 'turn':
        await turn();
        break;
      case 'microtask':
        await Promise.resolve();
        break;
      case 'outside':
        await this.#toggleOutsider();
        break;
      default:
        step satisfies never;
    }
  }

  async settle(): Promise<void> {
    if (this.#outsider !== undefined) await this.#toggleOutsider();
    for (const { done } of this.#calls) done.open();
    for (const { settled } of this.#calls) await settled;
  }

  #start({ mode, priority, waitMs }: Extract<Step, { kind: 'start' }>): Call {
    const cancel = new AbortController();
    const done = gate();
    const settled = this.#runner
      .run(this.#scope, { mode, priority, waitMs, signal: cancel.signal }, async () => {
        this.#enter(mode, 1);
        await done.opened;
        this.#enter(mode, -1);
      })
      .catch((error: { code?: unknown }) => {
        if (error.code !== 'LOCK_BUSY' && error.code !== 'CANCELLED') this.violations.push(String(error));
      });
    return { cancel, done, settled };
  }

  async #toggleOutsider(): Promise<void> {
    if (this.#outsider === undefined) {
      this.#outsider = await this.#takeOutside();
      this.#check();
      return;
    }
    // It counts as inside until it begins to give back: from then on somebody else may be let in.
    const leaving = this.#outsider;
    this.#outsider = undefined;
    await leaving.giveBack();
  }

  #enter(mode: 'exclusive' | 'shared', by: 1 | -1): void {
    if (mode === 'exclusive') this.#writers += by;
    else this.#readers += by;
    this.#check();
  }

  #check(): void {
    const writers = this.#writers + (this.#outsider === undefined ? 0 : 1);
    if (writers > 1 || (writers === 1 && this.#readers > 0)) {
      this.violations.push(`${writers} writers with ${this.#readers} readers`);
    }
  }
}
