/**
 * Two transactions that meet at the same session, on every database. The first is held open after its change until the
 * second was begun; what the second answers then shows whether it saw the change.
 */
import { describe, expect, it } from 'vitest';
import {
  acquireSession,
  confirmSession,
  expireSessions,
  extendSession,
  releaseSession,
  slotFor,
} from '../index.ts';
import { overlapped } from '../testing/overlapped.ts';
import {
  hourMs,
  type MakeDatabase,
  minuteMs,
  now,
  requestOf,
  type SessionWorld,
} from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

export function atOnceContract(name: string, make: MakeDatabase): void {
  describe(`${name}: at once`, () => {
    const world = useSessionWorld(make);

    describe('an acquisition', () => acquisitions(world));
    describe('the janitor', () => janitor(world));
    describe('many starts', () => starts(world));
  });
}

function acquisitions(world: () => SessionWorld): void {
  it('of two devices is granted to the one that was first, and refused to the other', async () => {
    const w = world();
    const id = await w.connection();
    const { first, second } = await overlapped(
      w,
      (trx) => acquireSession(trx, requestOf(id, 'a')),
      (truth) => truth.transaction((trx) => acquireSession(trx, requestOf(id, 'b'))),
    );
    expect(first.kind).toBe('granted');
    expect(second).toMatchObject({ kind: 'busy', by: { sessionKey: 'a' } });
  });

  it('of a connection that is being disabled is refused', async () => {
    const w = world();
    const id = await w.connection();
    const { second } = await overlapped(
      w,
      (trx) => trx.updateTable('vpn_connections').set({ status: 'DISABLED' }).where('id', '=', id).execute(),
      (truth) => truth.transaction((trx) => acquireSession(trx, requestOf(id, 'a'))),
    );
    expect(second).toEqual({ kind: 'refused', because: 'disabled' });
    expect(await w.lock(id)).toBeUndefined();
  });

  it('does not take over a session that is being extended', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const at = now + hourMs;
    const alive = { vpnConnectionId: id, holder, at, expiresAt: at + hourMs };
    const { second } = await overlapped(
      w,
      (trx) => extendSession(trx, alive),
      (truth) =>
        truth.transaction((trx) =>
          acquireSession(trx, { ...requestOf(id, 'b'), at, expiresAt: at + minuteMs }),
        ),
    );
    expect(second).toMatchObject({ kind: 'busy', until: at + hourMs });
  });

  it('gets a session that is being released', async () => {
    const w = world();
    const id = await w.connection();
    const holder = await w.begun(id, 'a', '198.51.100.6');
    const { second } = await overlapped(
      w,
      (trx) => releaseSession(trx, { vpnConnectionId: id, holder, reason: 'stop', at: now }),
      (truth) => truth.transaction((trx) => acquireSession(trx, requestOf(id, 'b'))),
    );
    expect(second.kind).toBe('granted');
  });
}

function janitor(world: () => SessionWorld): void {
  it('leaves a session that is being extended', async () => {
    const w = world();
    const [id, over] = [await w.connection(), await w.connection()];
    const holder = await w.begun(id, 'a', '198.51.100.6');
    await w.granted(over, 'b');
    const at = now + hourMs;
    const { second } = await overlapped(
      w,
      (trx) => extendSession(trx, { vpnConnectionId: id, holder, at, expiresAt: at + hourMs }),
      (truth) => truth.transaction((trx) => expireSessions(trx, { at })),
    );
    expect(second).toMatchObject({ ended: 1, triggers: [] });
    expect(await w.lock(id)).toMatchObject({ state: 'held' });
    expect(await w.ended(id)).toEqual([]);
  });

  it('ends a session once, however many of it there are', async () => {
    const w = world();
    const ids: number[] = [];
    for (let count = 0; count < 20; count += 1) ids.push(await w.connection());
    for (const id of ids) await w.granted(id, 'a');
    const janitors = [w.open(), w.open(), w.open()];
    const answers = await Promise.all(
      janitors.map((truth) => truth.transaction((trx) => expireSessions(trx, { at: now + hourMs }))),
    );
    expect(answers.reduce((sum, { ended }) => sum + ended, 0)).toBe(ids.length);
    for (const id of ids) expect(await w.ended(id)).toHaveLength(1);
  });
}

function starts(world: () => SessionWorld): void {
  it('in one shard get each slot once, without a hole', async () => {
    const w = world();
    const ids: number[] = [];
    for (let count = 0; count < 24; count += 1) ids.push(await w.connection());
    const grants = new Map<number, string>();
    for (const id of ids) grants.set(id, (await w.granted(id, 'a')).holderToken);
    const truths = [w.open(), w.open(), w.open(), w.open()];
    const slots = await Promise.all(
      ids.map(async (id, index) => {
        const truth = truths[index % truths.length] ?? w.truth;
        const holder = { holderToken: grants.get(id) ?? '' };
        const started = { vpnConnectionId: id, holder, at: now, expiresAt: now + hourMs };
        const confirmed = await truth.transaction((trx) =>
          confirmSession(trx, { ...started, framedIp: `198.51.100.${4 * (index + 1)}` }),
        );
        return confirmed.kind === 'confirmed' ? confirmed.shapingSlot : confirmed.kind;
      }),
    );
    expect(slots.toSorted((one, other) => Number(one) - Number(other))).toEqual(
      ids.map((_id, index) => slotFor(0, index + 1)),
    );
    expect(await w.triggers()).toHaveLength(ids.length);
  });
}
