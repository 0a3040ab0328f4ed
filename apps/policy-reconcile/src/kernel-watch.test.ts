/** How often is looked at the gateway for those who ask, and what they get when a look shows nothing. */
import { type Clock, HoldfastError, type Log, silentLog } from '@holdfast/base';
import type { GatewayLook } from '@holdfast/gateway-policy/explain';
import { describe, expect, it, vi } from 'vitest';
import { KernelWatch, type KernelWatchOptions } from './kernel-watch.ts';

type Looked = Awaited<ReturnType<KernelWatchOptions['look']>>;

const reading: GatewayLook = {
  kind: 'read',
  at: 0,
  isWhole: true,
  dataplane: 'recorded',
  actual: {
    restricted: new Set(),
    classOf: new Map(),
    classes: new Map(),
    nft: { kind: 'intact' },
    tc: { kind: 'intact' },
  },
  drift: [],
};
const disturbed: GatewayLook = { kind: 'disturbed' };

/** A watch whose looks end when, and as, the test says; time passes when it says so too. */
class WatchedLooks {
  readonly watch: KernelWatch;
  looks = 0;
  #nowMs = 0;
  readonly #sleeping = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  #under = Promise.withResolvers<Looked>();

  constructor(log: Log = silentLog) {
    const clock: Clock = {
      wallMs: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      sleep: (ms) =>
        new Promise((resolve) => this.#sleeping.add({ untilMs: this.#nowMs + ms, wake: resolve })),
    };
    const look = () => {
      this.looks += 1;
      this.#under = Promise.withResolvers();
      return this.#under.promise;
    };
    this.watch = new KernelWatch({ look, clock, log });
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of this.#sleeping) if (sleeper.untilMs <= this.#nowMs) sleeper.wake();
  }

  /** Asks, and ends the look that this begins, if it does, after `tookMs`. */
  async ask(found: GatewayLook | HoldfastError, tookMs = 50) {
    const { looks } = this;
    const answer = this.watch.answer();
    if (this.looks > looks) this.end(found, tookMs);
    return answer;
  }

  end(found: GatewayLook | HoldfastError, tookMs: number): void {
    this.pass(tookMs);
    if (found instanceof HoldfastError) this.#under.reject(found);
    else this.#under.resolve({ gateway: 'gw1', found });
  }
}

const away = new HoldfastError('DATABASE_UNREACHABLE', 'the server is gone');

describe('looks', () => {
  it('that several ask for at once are one', async () => {
    const looks = new WatchedLooks();
    const answers = [looks.watch.answer(), looks.watch.answer(), looks.watch.answer()];
    looks.end(reading, 50);
    const [first, ...others] = await Promise.all(answers);
    expect(first).toMatchObject({ kind: 'read', gateway: 'gw1' });
    expect(others).toEqual([first, first]);
    expect(looks.looks).toBe(1);
  });

  it.each([
    ['brief', 400, 500],
    ['dear', 2_000, 20_000],
  ])('that are %s rest for their while', async (_what, tookMs, restMs) => {
    const looks = new WatchedLooks();
    await looks.ask(reading, tookMs);
    looks.pass(restMs - 1);
    await looks.ask(reading);
    expect(looks.looks).toBe(1);
    looks.pass(1);
    await looks.ask(reading);
    expect(looks.looks).toBe(2);
  });

  it('that fail after a long wait do not rest for long', async () => {
    const looks = new WatchedLooks();
    await looks.ask(away, 1_900);
    looks.pass(5_000);
    expect(await looks.ask(reading)).toMatchObject({ kind: 'read' });
  });
});

describe('an answer', () => {
  it('of a gateway that is never at rest is the last reading, and after a while none', async () => {
    const looks = new WatchedLooks();
    expect(await looks.ask(disturbed)).toMatchObject({ kind: 'unread', because: 'LOCK_BUSY' });
    looks.pass(1_000);
    const read = await looks.ask(reading);
    looks.pass(9_000);
    expect(await looks.ask(disturbed)).toBe(read);
    looks.pass(1_000);
    expect(await looks.ask(disturbed)).toEqual({
      kind: 'unread',
      gateway: 'gw1',
      at: '1970-01-01T00:00:11.200Z',
      because: 'LOCK_BUSY',
    });
  });

  it('does not wait for a look that takes long, which ends for those who ask later', async () => {
    const looks = new WatchedLooks();
    const early = looks.watch.answer();
    looks.pass(2_000);
    expect(await early).toMatchObject({ kind: 'unread', gateway: null, because: 'LOOK_UNFINISHED' });
    const late = looks.watch.answer();
    looks.end(reading, 1_000);
    expect(await late).toMatchObject({ kind: 'read' });
    expect(looks.looks).toBe(1);
  });

  it('that failed tells the code, and the log once', async () => {
    const warn = vi.fn();
    const looks = new WatchedLooks({ ...silentLog, warn });
    for (let asked = 0; asked < 3; asked += 1) {
      expect(await looks.ask(away)).toMatchObject({ kind: 'unread', because: 'DATABASE_UNREACHABLE' });
      looks.pass(1_000);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    await looks.ask(reading);
    looks.pass(1_000);
    await looks.ask(away);
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
