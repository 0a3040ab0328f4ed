/**
 * Any life of a few sessions, with a NAS that loses sessions and Stops, falls silent or refuses, ends in the same state once
 * the NAS answers again: it carries nobody whom truth does not hold, those it carries have what truth says, and there is
 * nothing left to tell. On the way it is never told to end a session that truth wants.
 */
import { expireSessions, releaseSession, releaseSessionByHand } from '@holdfast/truth-db';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counts } from '../../../../tests/support/counts.ts';
import type { NasBehaviour, NasDoubleRequest } from '../../../../tests/support/nas-double.ts';
import { type NasWorld, nasWorld } from '../../../../tests/support/nas-world.ts';
import { nasAttributesOf } from './nas-profile.ts';

const users = 3;
const user = fc.integer({ min: 0, max: users - 1 });
const one = (kind: string) => fc.record({ kind: fc.constant(kind), user });

const operation = fc.oneof(
  { weight: 4, arbitrary: one('login') },
  { weight: 2, arbitrary: one('disable') },
  { weight: 2, arbitrary: one('enable') },
  { weight: 2, arbitrary: one('restrict') },
  { weight: 2, arbitrary: one('unrestrict') },
  { weight: 2, arbitrary: one('hang up') },
  { weight: 1, arbitrary: one('lose') },
  { weight: 1, arbitrary: one('release by hand') },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rate'), user, kbit: fc.constantFrom(1_000, 2_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('nas'), mode: fc.constantFrom('good', 'lossy', 'refuses') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.constantFrom(0.5, 1, 11, 59) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('run') }) },
);

interface Step {
  readonly kind: string;
  readonly user?: number;
  readonly kbit?: number;
  readonly mode?: string;
  readonly minutes?: number;
}

/** What the NAS gives a session that it was told nothing about. */
const untold = nasAttributesOf('mikrotik', { isRestricted: false, downKbit: null, upKbit: null });

class Life {
  readonly #w: NasWorld;
  readonly #ids: readonly number[];
  /** What the NAS carries: Acct-Session-Id to attributes. */
  readonly carried: Map<string, string>;
  readonly #tokens = new Map<string, string>();
  #logins = 0;

  constructor(w: NasWorld, ids: readonly number[], carried: Map<string, string>) {
    this.#w = w;
    this.#ids = ids;
    this.carried = carried;
  }

  mode = 'good';

  answer({ kind, attributes }: NasDoubleRequest): NasBehaviour {
    const id = attributes['44']?.toString() ?? '';
    if (this.mode === 'refuses') return { nak: 501 };
    if (!this.carried.has(id)) return { nak: 503 };
    if (kind === 'coa') this.carried.set(id, `${attributes['11']} ${attributes['14988.8']}`);
    else this.carried.delete(id);
    return 'ack';
  }

  async step(step: Step): Promise<void> {
    const w = this.#w;
    const id = this.#ids[step.user ?? 0] ?? 0;
    switch (step.kind) {
      case 'login':
        return this.#login(step.user ?? 0, id);
      case 'hang up':
        return this.#hangUp(id);
      case 'lose':
        this.carried.delete((await this.#held(id)) ?? '');
        return;
      case 'release by hand':
        await w.truth.transaction((trx) =>
          releaseSessionByHand(trx, { vpnConnectionId: id, reason: 'x', at: w.now() }),
        );
        return;
      case 'rate':
        return w.rate(id, step.kbit ?? 1);
      case 'nas':
        this.mode = step.mode ?? 'good';
        return;
      case 'wait':
        return this.wait((step.minutes ?? 0) * 60_000);
      case 'run':
        await this.run();
        return;
      default:
        await w.change(id, step.kind as 'disable');
    }
  }

  async wait(ms: number): Promise<void> {
    this.#w.pass(ms);
    await this.#w.truth.transaction((trx) => expireSessions(trx, { at: this.#w.now() }));
  }

  /** A run, in which nobody may be disconnected whom truth wants. */
  async run(): Promise<number> {
    const wanted = (await this.#wanted()).filter(({ acct }) => this.carried.has(acct));
    const { sent } = await this.#w.notify();
    for (const { acct } of wanted) expect([...this.carried.keys()], acct).toContain(acct);
    return sent;
  }

  async isAsTruthSays(): Promise<void> {
    const wanted = await this.#wanted();
    for (const [acct, has] of this.carried) {
      const session = wanted.find((other) => other.acct === acct);
      expect(session, `${acct} is carried`).toBeDefined();
      expect(has, acct).toBe(session?.attributes);
    }
  }

  async #login(who: number, id: number): Promise<void> {
    this.#logins += 1;
    const acctSessionId = `s-${this.#logins}`;
    const requestVector = acctSessionId;
    try {
      const token = await this.#w.reconnect(who, id, { acctSessionId, requestVector });
      this.#tokens.set(acctSessionId, token);
      this.carried.set(acctSessionId, textOf(untold));
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('refused'))) throw error;
    }
  }

  /** Half of the Stops are lost. */
  async #hangUp(id: number): Promise<void> {
    const acct = await this.#held(id);
    if (acct === undefined || !this.carried.delete(acct) || this.mode === 'lossy') return;
    const holder = { holderToken: this.#tokens.get(acct) ?? '' };
    await this.#w.truth.transaction((trx) =>
      releaseSession(trx, { vpnConnectionId: id, holder, reason: 'user-request', at: this.#w.now() }),
    );
  }

  async #held(id: number): Promise<string | undefined> {
    const row = await this.#w.truth.db
      .selectFrom('active_session_locks')
      .select('acct_session_id')
      .where('vpn_connection_id', '=', id)
      .where('state', '=', 'held')
      .executeTakeFirst();
    return row?.acct_session_id ?? undefined;
  }

  /** Sessions that truth holds and that may be there, with what they should have. */
  async #wanted() {
    const rows = await this.#w.truth.db
      .selectFrom('active_session_locks as l')
      .innerJoin('vpn_connections as c', 'c.id', 'l.vpn_connection_id')
      .select(['l.acct_session_id', 'c.restricted_reason', 'c.down_kbit'])
      .where('l.state', '=', 'held')
      .where('c.status', '<>', 'DISABLED')
      .execute();
    return rows.map(({ acct_session_id: acct, restricted_reason: reason, down_kbit: downKbit }) => {
      const policy = { isRestricted: reason !== null, downKbit, upKbit: null };
      return { acct: acct ?? '', attributes: textOf(nasAttributesOf('mikrotik', policy)) };
    });
  }
}

const textOf = (attributes: readonly { readonly value: unknown }[]) =>
  attributes.map(({ value }) => value).join(' ');

describe('any life of sessions', () => {
  it('ends with a NAS that has what truth says and is told nothing more', { timeout: 600_000 }, async () => {
    const steps = fc.array(operation, { minLength: 1, maxLength: 40, size: 'max' });
    await fc.assert(fc.asyncProperty(steps, live), { numRuns: counts.nasSequences });
  });
});

async function live(steps: readonly Step[]): Promise<void> {
  const nas: { life?: Life } = {};
  await using w = await nasWorld({ behaviours: [(request) => nas.life?.answer(request) ?? 'never'] });
  const ids = await w.connectMany(users, () => 0);
  const carried = ids.map((_id, index) => [`session-${index}`, textOf(untold)] as const);
  const life = new Life(w, ids, new Map(carried));
  nas.life = life;
  for (const step of steps) await life.step(step);
  life.mode = 'good';
  // What was refused is due again; after it, what was acknowledged and gave no Stop.
  for (const minutes of [10, 1, 1]) {
    await life.wait(minutes * 60_000);
    await life.run();
  }
  await life.isAsTruthSays();
  expect(await life.run()).toBe(0);
}
