/**
 * Any sequence of logins, reports and clock moves of several devices on two connections of a gateway gives the answers of
 * the model, on every database.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
import { type MakeDatabase, minuteMs, now, type SessionWorld, stored } from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

const device = fc.constantFrom('a', 'b', 'c');
/** Of the two connections. */
const on = fc.constantFrom(0, 1);
const address = fc.constantFrom(null, '198.51.100.6', '198.51.100.7');

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('acquire'),
      on,
      device,
      vector: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('confirm'),
      on,
      device,
      address,
      minutesLate: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend'), on, device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), on, device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compensate'),
      on,
      device,
      vector: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('by-hand'), on }) },
);

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** @param runs - random sequences, of up to 40 operations each */
export function modelContract(name: string, make: MakeDatabase, runs: number): void {
  describe(`${name}: sessions of two connections`, () => {
    const world = useSessionWorld(make);

    it('have one holder at most, one for each address, and the answers of the model, whatever several devices do', async () => {
      const w = world();
      const sequences = fc.array(operation, { minLength: 1, maxLength: 40, size: 'max' });
      await fc.assert(
        fc.asyncProperty(sequences, async (operations) => {
          const run = new ModelRun(w, [await w.connection(), await w.connection()]);
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

/** A connection: database and model side by side. */
interface Side {
  readonly id: number;
  readonly model: SessionModel;
  /** The last token that each device was given. */
  readonly tokens: Map<string, string>;
}

/** One sequence on two connections of a gateway. */
class ModelRun {
  readonly #world: SessionWorld;
  readonly #sides: readonly Side[];
  #at = now;

  constructor(world: SessionWorld, ids: readonly number[]) {
    this.#world = world;
    this.#sides = ids.map((id) => ({
      id,
      tokens: new Map(),
      model: new SessionModel(() => this.#sides.filter((other) => other.id !== id).map(({ model }) => model)),
    }));
  }

  async step(operation: Operation): Promise<void> {
    if ('minutes' in operation) this.#at += operation.minutes * minuteMs;
    else {
      const { actual, expected } = await this.#both(operation);
      expect(actual).toBe(expected);
    }
    for (const side of this.#sides) await this.#compareRow(side);
  }

  /** Leaves nothing behind that the janitor of the next sequence would find. */
  async end(): Promise<void> {
    for (const { id } of this.#sides) {
      const byHand = { vpnConnectionId: id, reason: 'end of the sequence', at: this.#at };
      await this.#run((trx) => releaseSessionByHand(trx, byHand));
    }
  }

  async #both(operation: Exclude<Operation, { minutes: number }>) {
    const side = 'on' in operation ? this.#sides[operation.on] : undefined;
    if (side === undefined) {
      const { ended } = await this.#run((trx) => expireSessions(trx, { at: this.#at, limit: 100 }));
      const expected = this.#sides.reduce((sum, { model }) => sum + model.expire(this.#at), 0);
      return { actual: `ended ${ended}`, expected: `ended ${expected}` };
    }
    if (operation.kind === 'acquire' && 'vector' in operation) return this.#acquire(side, operation);
    if ('address' in operation) return this.#confirm(side, operation);
    const target = { vpnConnectionId: side.id, at: this.#at };
    if ('vector' in operation) {
      const requestVector = `${operation.device}${operation.vector}`;
      const actual = await this.#run((trx) => releasePendingSession(trx, { ...target, requestVector }));
      return { actual: actual.kind, expected: side.model.compensate(requestVector) };
    }
    if ('device' in operation) return this.#report(side, operation);
    const actual = await this.#run((trx) => releaseSessionByHand(trx, { ...target, reason: 'by hand' }));
    return { actual: actual.kind, expected: side.model.releaseByHand() };
  }

  async #acquire(
    { id, model, tokens }: Side,
    { device: sessionKey, vector }: { device: string; vector: number },
  ) {
    const request = { at: this.#at, expiresAt: this.#at + 2 * minuteMs };
    const requestVector = `${sessionKey}${vector}`;
    const answer = await this.#run((trx) =>
      acquireSession(trx, { vpnConnectionId: id, gateway: 'gw', sessionKey, requestVector, ...request }),
    );
    const token = 'holderToken' in answer ? answer.holderToken : 'none';
    const expected = model.acquire({ device: sessionKey, vector: requestVector, ...request }, token);
    if (token !== 'none') tokens.set(sessionKey, token);
    return { actual: answerText(answer), expected };
  }

  async #confirm(side: Side, told: { device: string; address: string | null; minutesLate: number }) {
    const holderToken = tokenOf(side, told.device);
    const times = { at: this.#at - told.minutesLate * minuteMs, expiresAt: this.#at + 5 * minuteMs };
    const started = { vpnConnectionId: side.id, holder: { holderToken }, framedIp: told.address, ...times };
    const actual = await this.#run((trx) => confirmSession(trx, started));
    const expected = side.model.confirm(holderToken, { address: told.address, ...times });
    return { actual: reportText(actual), expected };
  }

  async #report(side: Side, { kind, device: reporter }: { kind: string; device: string }) {
    const holderToken = tokenOf(side, reporter);
    const report = { vpnConnectionId: side.id, holder: { holderToken }, at: this.#at };
    if (kind === 'release') {
      const actual = await this.#run((trx) => releaseSession(trx, { ...report, reason: 'stop' }));
      return { actual: actual.kind, expected: side.model.release(holderToken) };
    }
    const expiresAt = this.#at + 5 * minuteMs;
    const actual = await this.#run((trx) => extendSession(trx, { ...report, expiresAt }));
    return { actual: reportText(actual), expected: side.model.extend(holderToken, expiresAt) };
  }

  async #compareRow({ id, model: { held } }: Side): Promise<void> {
    const lock = await this.#world.lock(id);
    if (held === undefined) expect(lock?.state).not.toBe('held');
    else {
      expect(lock).toMatchObject({
        state: 'held',
        holder_token: held.token,
        session_key: held.device,
        framed_ip: held.address,
        expires_at: stored(held.expiresAt),
      });
    }
  }

  #run<Result>(fn: (trx: TruthTransaction) => Promise<Result>): Promise<Result> {
    return this.#world.truth.transaction(fn);
  }
}

function tokenOf({ tokens }: Side, device: string): string {
  return tokens.get(device) ?? 'never given';
}

function answerText(answer: SessionAnswer): string {
  if (answer.kind === 'refused') return answer.because;
  if (answer.kind === 'busy') return `busy until ${answer.until} by ${answer.by.sessionKey}`;
  return `${answer.kind} ${answer.holderToken} until ${answer.expiresAt}`;
}

function reportText(answer: SessionConfirmed | SessionExtended): string {
  return 'expiresAt' in answer ? `${answer.kind} until ${answer.expiresAt}` : answer.kind;
}
