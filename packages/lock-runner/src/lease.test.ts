/** The lease with clocks and timers that the test sets: no real time passes. */
import type { Clock } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lease, leaseInstant } from './lease.ts';

const leaseMs = 9_000;
const lost = expect.objectContaining({ code: 'LOCK_LOST' });

describe('lease', () => {
  let monotonicMs: number;
  let sinceBootMs: number;
  let questions: PromiseWithResolvers<boolean>[];
  let leases: Lease[];

  const clock: Clock = { wallMs: () => 0, monotonicMs: () => monotonicMs, sleep: () => Promise.resolve() };
  const createLease = (grantedAt = leaseInstant(clock, () => sinceBootMs)) => {
    const renew = () => {
      const question = Promise.withResolvers<boolean>();
      questions.push(question);
      return question.promise;
    };
    const lease = new Lease({
      scope: 'a',
      leaseMs,
      clock,
      grantedAt,
      renew,
      sinceBootMs: () => sinceBootMs,
    });
    leases.push(lease);
    return lease;
  };
  /** Time passes, and timers fire when they are due. */
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      monotonicMs += 10;
      sinceBootMs += 10;
      await vi.advanceTimersByTimeAsync(10);
    }
  };
  /** The process is stopped: what was due meanwhile fires when it goes on. */
  const stop = async (ms: number) => {
    monotonicMs += ms;
    sinceBootMs += ms;
    await vi.advanceTimersToNextTimerAsync();
  };
  /** The machine sleeps: its monotonic clock and its timers stand still. */
  const sleep = (ms: number) => {
    sinceBootMs += ms;
  };
  const answer = async (place: number, isOurs: boolean) => {
    questions[place]?.resolve(isOurs);
    await vi.advanceTimersByTimeAsync(0);
  };
  const fail = async (place: number) => {
    questions[place]?.reject(new Error('no answer'));
    await vi.advanceTimersByTimeAsync(0);
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    monotonicMs = 1_000_000.5;
    sinceBootMs = 5_000_010;
    questions = [];
    leases = [];
  });

  afterEach(async () => {
    const ends = leases.map((lease) => lease.end());
    for (const question of questions) question.resolve(true);
    await Promise.all(ends);
    const left = vi.getTimerCount();
    vi.useRealTimers();
    expect(left).toBe(0);
  });

  it('is renewed at a third of its length, again and again', async () => {
    const lease = createLease();
    await pass(2_990);
    expect(questions).toHaveLength(0);
    for (let round = 0; round < 10; round += 1) {
      await pass(round === 0 ? 10 : 3_000);
      expect(questions).toHaveLength(round + 1);
      await answer(round, true);
    }
    expect(() => lease.requireCurrent()).not.toThrow();
    expect(lease.lost.aborted).toBe(false);
  });

  it('counts from before the question that was answered', async () => {
    const lease = createLease();
    await pass(3_000);
    await pass(2_000); // the answer takes its time
    await answer(0, true);
    await pass(1_000);
    expect(questions).toHaveLength(2);
    await pass(5_990);
    expect(lease.lost.aborted).toBe(false);
    await pass(10);
    expect(lease.lost.reason).toEqual(lost);
  });

  it('is lost when somebody else has it', async () => {
    const lease = createLease();
    await pass(3_000);
    await answer(0, false);
    expect(lease.lost.reason).toEqual(lost);
    expect(() => lease.requireCurrent()).toThrow(lost);
  });

  it('is lost when its owner says so, once', async () => {
    const lease = createLease();
    lease.lose('was seen to be gone');
    const { reason } = lease.lost;
    lease.lose('was seen again');
    expect(reason).toEqual(lost);
    expect(lease.lost.reason).toBe(reason);
  });

  it('is lost at its deadline when nobody answers, though the question is still open', async () => {
    const lease = createLease();
    await pass(8_990);
    expect(lease.lost.aborted).toBe(false);
    await pass(10);
    expect(lease.lost.reason).toEqual(lost);
    expect(questions).toHaveLength(1);
  });

  it('tries again after a question that failed, until its deadline', async () => {
    const lease = createLease();
    for (let place = 0; !lease.lost.aborted; place += 1) {
      await pass(10);
      if (questions.length > place) await fail(place);
      else place -= 1;
    }
    expect(monotonicMs).toBe(1_000_000.5 + leaseMs);
    expect(questions.length).toBeGreaterThanOrEqual(6);
  });

  it('goes on when one of the later tries is answered', async () => {
    const lease = createLease();
    await pass(3_000);
    await fail(0);
    await pass(900);
    await answer(1, true);
    await pass(8_000);
    expect(lease.lost.aborted).toBe(false);
  });

  it('refuses at once when its deadline has passed and no timer has fired yet, and then stays lost', async () => {
    const lease = createLease();
    await pass(3_000);
    monotonicMs += 6_000;
    expect(() => lease.requireCurrent()).toThrow(lost);
    await answer(0, true);
    expect(lease.lost.aborted).toBe(true);
  });

  describe('of a process that was stopped past its deadline', () => {
    it('goes on when it is still its own', async () => {
      const lease = createLease();
      await stop(60_000);
      expect(lease.lost.aborted).toBe(false);
      expect(questions).toHaveLength(1);
      await answer(0, true);
      expect(() => lease.requireCurrent()).not.toThrow();
      await pass(3_000);
      expect(questions).toHaveLength(2);
    });

    it.each(['a refusal', 'a failure', 'no answer'])('is lost after %s', async (what) => {
      const lease = createLease();
      await stop(60_000);
      if (what === 'a refusal') await answer(0, false);
      if (what === 'a failure') await fail(0);
      if (what === 'no answer') await pass(3_000);
      expect(lease.lost.reason).toEqual(lost);
      expect(questions).toHaveLength(1);
    });

    it.each(['is answered', 'fails'])(
      'is asked about again when a question from before %s after it',
      async (how) => {
        const lease = createLease();
        await pass(3_000); // a question is under way
        await stop(60_000);
        expect(lease.lost.aborted).toBe(false);
        if (how === 'fails') await fail(0);
        else await answer(0, true);
        expect(lease.lost.aborted).toBe(false);
        expect(questions).toHaveLength(2);
        await answer(1, true);
        expect(() => lease.requireCurrent()).not.toThrow();
      },
    );

    it('refuses until the answer', async () => {
      const lease = createLease();
      await stop(60_000);
      expect(() => lease.requireCurrent()).toThrow(lost);
      await answer(0, true);
      expect(lease.lost.aborted).toBe(true);
    });
  });

  describe('of a machine that slept past its deadline', () => {
    it('refuses before any timer has noticed', () => {
      const lease = createLease();
      sleep(60_000);
      expect(() => lease.requireCurrent()).toThrow(lost);
    });

    it('goes on when it is still its own', async () => {
      const lease = createLease();
      sleep(60_000);
      await pass(3_000);
      expect(lease.lost.aborted).toBe(false);
      await answer(0, true);
      expect(() => lease.requireCurrent()).not.toThrow();
    });

    it('bears a system that tells whole seconds since boot', async () => {
      sinceBootMs = 5_000_000;
      const lease = createLease();
      sinceBootMs += 9_000; // somewhere between 8 and 10 seconds
      monotonicMs += 8_100;
      expect(() => lease.requireCurrent()).not.toThrow();
      sinceBootMs += 1_000;
      expect(() => lease.requireCurrent()).toThrow(lost);
    });
  });

  it('that was granted long ago is asked about at once', async () => {
    const grantedAt = leaseInstant(clock, () => sinceBootMs);
    monotonicMs += 20_000;
    sinceBootMs += 20_000;
    const lease = createLease(grantedAt);
    await vi.advanceTimersByTimeAsync(0);
    expect(questions).toHaveLength(1);
    await answer(0, true);
    expect(() => lease.requireCurrent()).not.toThrow();
  });

  describe('that ends', () => {
    it('waits for the question that is under way, and no answer matters any more', async () => {
      const lease = createLease();
      await pass(3_000);
      let hasEnded = false;
      const end = lease.end().then(() => {
        hasEnded = true;
      });
      await pass(100);
      expect(hasEnded).toBe(false);
      await answer(0, false);
      await end;
      expect(lease.lost.aborted).toBe(false);
    });

    it('does not wait longer than a lease for it', async () => {
      const lease = createLease();
      await pass(3_000);
      const end = lease.end();
      await pass(leaseMs);
      await end;
      expect(questions).toHaveLength(1);
    });

    it('asks no more and loses nothing', async () => {
      const lease = createLease();
      await lease.end();
      await pass(20_000);
      lease.lose('was seen to be gone');
      expect(questions).toHaveLength(0);
      expect(lease.lost.aborted).toBe(false);
    });
  });
});
