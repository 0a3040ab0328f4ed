/** What an operator sees of the sessions, on every database. */
import { describe, expect, it } from 'vitest';
import {
  confirmSession,
  findSession,
  type ListSessions,
  listSessions,
  releaseSessionByHand,
} from '../index.ts';
import { hourMs, type MakeDatabase, minuteMs, now, type SessionWorld } from '../testing/session-world.ts';
import { useSessionWorld } from '../testing/use-session-world.ts';

export function listContract(name: string, make: MakeDatabase): void {
  describe(`${name}: the list of sessions`, () => lists(useSessionWorld(make)));
}

function lists(world: () => SessionWorld): void {
  /** Connections of these users, each with a label. */
  async function usersOf(w: SessionWorld, names: readonly (string | null)[]): Promise<readonly number[]> {
    const ids: number[] = [];
    for (const name of names) {
      const id = await w.connection();
      const row = { radius_username: name, label: name === null ? null : `of ${name}` };
      await w.truth.db.updateTable('vpn_connections').set(row).where('id', '=', id).execute();
      ids.push(id);
    }
    return ids;
  }
  const idsOf = async (w: SessionWorld, more: Partial<ListSessions> = {}) =>
    (await listSessions(w.truth.db, { limit: 10, ...more })).map((session) => session.vpnConnectionId);

  it('tells of each who has it, where, since when and until when', async () => {
    const w = world();
    const [pending = 0, begun = 0] = await usersOf(w, ['ana', null]);
    await w.granted(pending, 'a');
    const holder = await w.granted(begun, 'b', { gateway: 'gw2', nasIp: null });
    await w.truth.transaction((trx) =>
      confirmSession(trx, {
        vpnConnectionId: begun,
        holder,
        framedIp: '198.51.100.6',
        framedIpv6: '2001:db8::6',
        ifname: 'ppp3',
        acctSessionId: 's-1',
        at: now + 5,
        expiresAt: now + hourMs,
      }),
    );
    expect(await listSessions(w.truth.db, { limit: 10 })).toEqual([
      {
        vpnConnectionId: pending,
        userName: 'ana',
        label: 'of ana',
        gateway: 'gw',
        nasIp: '192.0.2.1',
        framedIp: null,
        framedIpv6: null,
        ifname: null,
        acctSessionId: null,
        acquiredAt: now,
        confirmedAt: null,
        expiresAt: now + minuteMs,
      },
      {
        vpnConnectionId: begun,
        userName: null,
        label: null,
        gateway: 'gw2',
        nasIp: null,
        framedIp: '198.51.100.6',
        framedIpv6: '2001:db8::6',
        ifname: 'ppp3',
        acctSessionId: 's-1',
        acquiredAt: now,
        confirmedAt: now + 5,
        expiresAt: now + hourMs,
      },
    ]);
  });

  it('has those that are held, of one gateway or user where that is asked', async () => {
    const w = world();
    const ids = await usersOf(w, ['ana', 'Ana', 'ben', 'eva']);
    const [ana = 0, other = 0, ben = 0, eva = 0] = ids;
    for (const id of [eva, ana, ben, other]) await w.granted(id, 'a', { gateway: id === ben ? 'gw2' : 'gw' });
    await w.truth.transaction((trx) =>
      releaseSessionByHand(trx, { vpnConnectionId: other, reason: 'x', at: now }),
    );
    expect(await idsOf(w)).toEqual([ana, ben, eva]);
    expect(await idsOf(w, { gateway: 'gw' })).toEqual([ana, eva]);
    expect(await idsOf(w, { gateway: 'nowhere' })).toEqual([]);
    expect(await idsOf(w, { user: 'ana' })).toEqual([ana]);
    expect(await idsOf(w, { user: 'ANA' })).toEqual([]);
    expect(await idsOf(w, { user: 'ben', gateway: 'gw' })).toEqual([]);
  });

  it('goes on behind the last one that was seen, and ends', async () => {
    const w = world();
    const ids = await usersOf(w, [null, null, null, null, null]);
    for (const id of ids.toReversed()) await w.granted(id, 'a');
    for (const gateway of [undefined, 'gw']) {
      const pages: (readonly number[])[] = [];
      for (let after: number | undefined; pages.length < 9; after = pages.at(-1)?.at(-1)) {
        pages.push(await idsOf(w, { gateway, limit: 2, after }));
        if (pages.at(-1)?.length !== 2) break;
      }
      expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    }
  });

  it('has one of a connection, and of a user', async () => {
    const w = world();
    const [ana = 0, ben = 0] = await usersOf(w, ['ana', 'ben']);
    await w.granted(ana, 'a');
    const { db } = w.truth;
    expect(await findSession(db, { vpnConnectionId: ana })).toMatchObject({
      userName: 'ana',
      acquiredAt: now,
    });
    expect(await findSession(db, { user: 'ana' })).toEqual(await findSession(db, { vpnConnectionId: ana }));
    for (const which of [
      { user: 'ben' },
      { vpnConnectionId: ben },
      { user: 'nobody' },
      { vpnConnectionId: 0 },
    ])
      expect(await findSession(db, which)).toBeUndefined();
  });
}
