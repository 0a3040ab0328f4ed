/** Any sequence of logins, reports and clock moves of several devices gives the answers of the model, on every database. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  acquireSession,
  confirmSession,
  expireSessions,
  extendSession,
  releasePendingSession,
  releaseSession,
  releaseSessionByHand,
  type SessionAnswer,
  type SessionConfirmed,
  type SessionExtended,
  type TruthTransaction,
} from '../index.ts';
import { SessionModel } from '../testing/session-model.ts';
import {
  createSessionWorld,
  type MakeDatabase,
  minuteMs,
  now,
  type SessionWorld,
  stored,
} from '../testing/session-world.ts';

const device = fc.constantFrom('a', 'b', 'c');

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('acquire'), device, vector: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('confirm'), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend'), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), device }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('compensate'), device, vector: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('by-hand') }) },
);

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** @param runs - random sequences, of up to 25 operations each */
export function modelContract(name: string, make: MakeDatabase, runs: number): void {
  describe(`${name}: sessions of a connection`, () => {
    let w: SessionWorld;
    beforeEach(async () => {
      w = await createSessionWorld(make);
    });
    afterEach(() => w[Symbol.asyncDispose]());

    it('have one holder at most and the answers of the model, whatever several devices do', async () => {
      const sequences = fc.array(operation, { minLength: 1, maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(sequences, async (operations) => {
          const run = new ModelRun(w, await w.connection());
          try {
            for (const each of operations) await run.step(each);
          } finally {
            await run.end();
          }
        }),
        { numRuns: runs },
      );
    });
  });
}

/** One sequence on one connection: database and model side by side. */
class ModelRun {
  readonly #world: SessionWorld;
  readonly #id: number;
  readonly #model = new SessionModel();
  /** The last token that each device was given. */
  readonly #tokens = new Map<string, string>();
  #at = now;

  constructor(world: SessionWorld, id: number) {
    this.#world = world;
    this.#id = id;
  }

  async step(operation: Operation): Promise<void> {
    if ('minutes' in operation) this.#at += operation.minutes * minuteMs;
    else {
      const { actual, expected } = await this.#both(operation);
      expect(actual).toBe(expected);
    }
    await this.#compareRows();
  }

  /** Leaves nothing behind that the janitor of the next sequence would find. */
  async end(): Promise<void> {
    const byHand = { vpnConnectionId: this.#id, reason: 'end of the sequence', at: this.#at };
    await this.#run((trx) => releaseSessionByHand(trx, byHand));
  }

  async #both(operation: Exclude<Operation, { minutes: number }>) {
    if (operation.kind === 'acquire' && 'vector' in operation) return this.#acquire(operation);
    const target = { vpnConnectionId: this.#id, at: this.#at };
    if ('vector' in operation) {
      const requestVector = `${operation.device}${operation.vector}`;
      const actual = await this.#run((trx) => releasePendingSession(trx, { ...target, requestVector }));
      return { actual: actual.kind, expected: this.#model.compensate(requestVector) };
    }
    if ('device' in operation) return this.#report(operation);
    if (operation.kind === 'by-hand') {
      const actual = await this.#run((trx) => releaseSessionByHand(trx, { ...target, reason: 'by hand' }));
      return { actual: actual.kind, expected: this.#model.releaseByHand() };
    }
    const { ended } = await this.#run((trx) => expireSessions(trx, { at: this.#at, limit: 100 }));
    return { actual: `ended ${ended}`, expected: this.#model.expire(this.#at) };
  }

  async #acquire({ device: sessionKey, vector }: { device: string; vector: number }) {
    const request = { at: this.#at, expiresAt: this.#at + 2 * minuteMs };
    const requestVector = `${sessionKey}${vector}`;
    const answer = await this.#run((trx) =>
      acquireSession(trx, {
        vpnConnectionId: this.#id,
        gateway: 'gw',
        sessionKey,
        requestVector,
        ...request,
      }),
    );
    const token = 'holderToken' in answer ? answer.holderToken : 'none';
    const expected = this.#model.acquire({ device: sessionKey, vector: requestVector, ...request }, token);
    if (token !== 'none') this.#tokens.set(sessionKey, token);
    return { actual: answerText(answer), expected };
  }

  async #report({ kind, device: reporter }: { kind: string; device: string }) {
    const holderToken = this.#tokens.get(reporter) ?? 'never given';
    const report = { vpnConnectionId: this.#id, holder: { holderToken }, at: this.#at };
    const expiresAt = this.#at + 5 * minuteMs;
    if (kind === 'release') {
      const actual = await this.#run((trx) => releaseSession(trx, { ...report, reason: 'stop' }));
      return { actual: actual.kind, expected: this.#model.release(holderToken) };
    }
    if (kind === 'confirm') {
      const actual = await this.#run((trx) => confirmSession(trx, { ...report, expiresAt }));
      return { actual: reportText(actual), expected: this.#model.confirm(holderToken, expiresAt) };
    }
    const actual = await this.#run((trx) => extendSession(trx, { ...report, expiresAt }));
    return { actual: reportText(actual), expected: this.#model.extend(holderToken, expiresAt) };
  }

  async #compareRows(): Promise<void> {
    const lock = await this.#world.lock(this.#id);
    const { held } = this.#model;
    const expected =
      held === undefined
        ? undefined
        : { holder_token: held.token, session_key: held.device, expires_at: stored(held.expiresAt) };
    if (expected === undefined) expect(lock?.state).not.toBe('held');
    else expect(lock).toMatchObject({ ...expected, state: 'held' });
  }

  #run<Result>(fn: (trx: TruthTransaction) => Promise<Result>): Promise<Result> {
    return this.#world.truth.transaction(fn);
  }
}

function answerText(answer: SessionAnswer): string {
  if (answer.kind === 'refused') return answer.because;
  if (answer.kind === 'busy') return `busy until ${answer.until} by ${answer.by.sessionKey}`;
  return `${answer.kind} ${answer.holderToken} until ${answer.expiresAt}`;
}

function reportText(answer: SessionConfirmed | SessionExtended): string {
  return 'expiresAt' in answer ? `${answer.kind} until ${answer.expiresAt}` : answer.kind;
}
